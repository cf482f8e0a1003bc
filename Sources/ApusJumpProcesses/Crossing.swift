/// A comparison with the time, and when its truth changes while amounts stay.
struct Crossing: Sendable {
  /// Left side minus right side, linear in the time.
  private let difference: Formula
  /// Where the comparison is of the time itself: the other side.
  private let moment: Formula?
  /// Whether no amount is in the comparison.
  let isOfTimeAlone: Bool

  /// Every comparison in a formula that is linear in the time.
  static func within(_ formula: ModelExpression) -> [Crossing] {
    guard formula.readsTime, case .apply(let function, let arguments) = formula else { return [] }
    guard function.isComparison else { return arguments.flatMap { within($0) } }
    guard arguments.allSatisfy(isLinear) else { return [] }
    let moment: ModelExpression? =
      if arguments[0] == .time, !arguments[1].readsTime {
        arguments[1]
      } else if arguments[1] == .time, !arguments[0].readsTime {
        arguments[0]
      } else { nil }
    return [
      Crossing(
        difference: Formula(arguments[0] - arguments[1]), moment: moment.map(Formula.init),
        isOfTimeAlone: arguments.allSatisfy(\.quantities.isEmpty))
    ]
  }

  /// Whether the truth of a condition changes at crossings alone while amounts stay.
  static func coverAll(of condition: ModelExpression) -> Bool {
    guard condition.readsTime else { return true }
    guard case .apply(let function, let arguments) = condition else { return false }
    switch function {
    case .and, .or, .xor, .not: return arguments.allSatisfy { coverAll(of: $0) }
    default: return function.isComparison && arguments.allSatisfy(isLinear)
    }
  }

  /// Conditions that change wherever a formula jumps in time but for linear comparisons: the other
  /// comparisons with the time, and for each step of the time whether its number is odd.
  static func switches(in formula: ModelExpression) -> [ModelExpression] {
    guard formula.readsTime, case .apply(let function, let arguments) = formula else { return [] }
    if function.isComparison { return arguments.allSatisfy(isLinear) ? [] : [formula] }
    guard function == .floor || function == .ceil else {
      return arguments.flatMap { switches(in: $0) }
    }
    return [.apply(.unequal, [formula - 2 * .apply(.floor, [formula / 2]), 0])]
  }

  private static func isLinear(_ expression: ModelExpression) -> Bool {
    guard expression.readsTime, case .apply(let function, let arguments) = expression else {
      return true
    }
    let readers = arguments.count { $0.readsTime }
    return switch function {
    case .add, .subtract, .negate: arguments.allSatisfy(isLinear)
    case .multiply: readers == 1 && arguments.allSatisfy(isLinear)
    case .divide: !arguments[1].readsTime && isLinear(arguments[0])
    default: false
    }
  }

  /// The first moment after `time` at which the comparison is to be looked at.
  ///
  /// A strict comparison is false at the moment itself and true at the next number.
  func next(after time: Double, values: [Double]) -> Double {
    let crossing: Double
    if let moment {
      crossing = moment.value(of: values, time: time)
    } else {
      let here = difference.value(of: values, time: time)
      let slope = difference.value(of: values, time: time + 1) - here
      guard slope != 0 else { return .infinity }
      crossing = time - here / slope
    }
    if crossing > time { return crossing }
    return crossing.nextUp > time ? crossing.nextUp : .infinity
  }
}

extension ModelExpression.Function {
  fileprivate var isComparison: Bool {
    switch self {
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .unequal: true
    default: false
    }
  }
}
