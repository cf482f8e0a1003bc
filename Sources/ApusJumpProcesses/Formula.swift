import Glibc

/// An expression as instructions for a stack of numbers, for evaluating it many times.
package struct Formula: Sendable {
  private enum Step {
    case push(Double)
    case load(Int)
    case time
    case apply(ModelExpression.Function, Int)
  }

  private var steps: [Step] = []
  private let depth: Int

  package init(_ expression: ModelExpression) {
    var steps: [Step] = []
    depth = Self.emit(expression, into: &steps)
    self.steps = steps
  }

  /// Appends the steps of an expression and gives the room on the stack that they need.
  private static func emit(_ expression: ModelExpression, into steps: inout [Step]) -> Int {
    switch expression {
    case .number(let value):
      steps.append(.push(value))
      return 1
    case .quantity(let index):
      steps.append(.load(index))
      return 1
    case .time:
      steps.append(.time)
      return 1
    case .apply(let function, let arguments):
      var room = 1
      for (place, argument) in arguments.enumerated() {
        room = max(room, place + emit(argument, into: &steps))
      }
      steps.append(.apply(function, arguments.count))
      return room
    }
  }

  /// Its value where the quantities have `values`.
  package func value(of values: [Double], time: Double) -> Double {
    values.withUnsafeBufferPointer { value(of: $0, time: time) }
  }

  /// Its value where the quantities have `values`.
  package func value(of values: UnsafeBufferPointer<Double>, time: Double) -> Double {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: depth) { stack in
      var top = 0
      for step in steps {
        switch step {
        case .push(let value):
          stack[top] = value
          top += 1
        case .load(let index):
          stack[top] = values[index]
          top += 1
        case .time:
          stack[top] = time
          top += 1
        case .apply(let function, let count):
          top -= count
          let arguments = UnsafeMutableBufferPointer(rebasing: stack[top..<(top + count)])
          stack[top] = Self.apply(function, UnsafeBufferPointer(arguments))
          top += 1
        }
      }
      return stack[0]
    }
  }

  private static func apply(
    _ function: ModelExpression.Function, _ a: UnsafeBufferPointer<Double>
  ) -> Double {
    func truth(_ condition: Bool) -> Double { condition ? 1 : 0 }
    return switch function {
    case .add: a.reduce(0, +)
    case .subtract: a[0] - a[1]
    case .negate: -a[0]
    case .multiply: a.reduce(1, *)
    case .divide: a[0] / a[1]
    case .power: a[1] == 2 ? a[0] * a[0] : Glibc.pow(a[0], a[1])
    case .min: a.dropFirst().reduce(a[0]) { Swift.min($0, $1) }
    case .max: a.dropFirst().reduce(a[0]) { Swift.max($0, $1) }
    case .less: truth(a[0] < a[1])
    case .lessOrEqual: truth(a[0] <= a[1])
    case .greater: truth(a[0] > a[1])
    case .greaterOrEqual: truth(a[0] >= a[1])
    case .equal: truth(a[0] == a[1])
    case .unequal: truth(a[0] != a[1])
    case .and: truth(a.allSatisfy { $0 != 0 })
    case .or: truth(a.contains { $0 != 0 })
    case .xor: truth(a.reduce(false) { $0 != ($1 != 0) })
    case .not: truth(a[0] == 0)
    case .piecewise: piecewise(a)
    default: unary(function, a[0])
    }
  }

  private static func piecewise(_ a: UnsafeBufferPointer<Double>) -> Double {
    var place = 0
    while place + 1 < a.count {
      if a[place + 1] != 0 { return a[place] }
      place += 2
    }
    return place < a.count ? a[place] : .nan
  }

  private static func unary(_ function: ModelExpression.Function, _ x: Double) -> Double {
    switch function {
    case .exp: Glibc.exp(x)
    case .ln: Glibc.log(x)
    case .log10: Glibc.log10(x)
    case .sqrt: x.squareRoot()
    case .abs: x.magnitude
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .factorial: Glibc.tgamma(x + 1)
    case .sin: Glibc.sin(x)
    case .cos: Glibc.cos(x)
    case .tan: Glibc.tan(x)
    case .arcsin: Glibc.asin(x)
    case .arccos: Glibc.acos(x)
    case .arctan: Glibc.atan(x)
    case .sinh: Glibc.sinh(x)
    case .cosh: Glibc.cosh(x)
    case .tanh: Glibc.tanh(x)
    default: preconditionFailure("formula bug: \(function.rawValue) takes several numbers")
    }
  }
}
