import ApusGraph
import ApusTensors

/// Puts a ``FusedElementwise`` together: inputs, then operations on values, then results.
///
/// ```swift
/// var builder = ElementwiseProgramBuilder(shape: x.shape)
/// let (x, bias) = (builder.input(.full), builder.input(.channel(inner: 64)))
/// if let sum = builder.apply(Add(), to: [x, bias]) { builder.store(sum, as: .float32) }
/// let fused = builder.operation
/// ```
package struct ElementwiseProgramBuilder {
  package typealias Value = FusedElementwise.Value

  private let shape: Shape
  private var modes: [FusedElementwise.Mode] = []
  private var draws: [FusedElementwise.Draw] = []
  private var steps: [FusedElementwise.Step] = []
  private var results: [FusedElementwise.Result] = []

  /// An empty program over the elements of `shape`.
  package init(shape: Shape) { self.shape = shape }

  /// What was put together so far.
  package var operation: FusedElementwise {
    FusedElementwise(shape: shape, modes: modes, draws: draws, steps: steps, results: results)
  }

  /// The next input of the operation.
  package mutating func input(_ mode: FusedElementwise.Mode) -> Value {
    modes.append(mode)
    return .input(modes.count - 1)
  }

  /// Makes `value` the next output of the operation.
  package mutating func store(_ value: Value, as dataType: DataType) {
    results.append(.init(value: value, dataType: dataType))
  }

  /// Random numbers under the key that the value `key`, an input, holds; equal ones are drawn once.
  package mutating func draw(
    _ distribution: FusedElementwise.Distribution, stream: Int, key: Value
  ) -> Value {
    guard case .input(let index) = key, modes[index] == .key else {
      preconditionFailure("fusion bug: numbers are drawn under \(key), which is no key")
    }
    let draw = FusedElementwise.Draw(key: index, stream: stream, distribution: distribution)
    if let known = draws.firstIndex(of: draw) { return .draw(known) }
    draws.append(draw)
    return .draw(draws.count - 1)
  }

  /// The result of one step.
  package mutating func apply(_ opcode: ElementwiseOpcode, _ operands: Value...) -> Value {
    append(opcode, operands)
  }

  /// The value of an elementwise operation; nil where it is none.
  ///
  /// Casts between real types round only where the value is stored.
  package mutating func apply(_ operation: any Operation, to operands: [Value]) -> Value? {
    switch operation {
    case let clip as Clip: clipped(operands[0], clip.lower, clip.upper)
    case let clip as ClipGradient:
      clipGradient(operands[0], operands[1], clip.lower, clip.upper)
    case let cast as Cast:
      cast.dataType == .bool ? apply(.notEqual, operands[0], .number(0)) : operands[0]
    case is StopGradient: operands[0]
    case let dropout as Dropout: dropped(operands[0], dropout, key: operands[1])
    case let random as RandomUniform:
      draw(
        .uniform(lower: random.lower, upper: random.upper), stream: random.stream, key: operands[0])
    case let random as RandomNormal:
      draw(
        .normal(mean: random.mean, standardDeviation: random.standardDeviation),
        stream: random.stream, key: operands[0])
    default: elementwiseOpcode(for: operation).map { append($0, operands) }
    }
  }

  /// Whether `operation` on operands of these types can be part of a program.
  ///
  /// Integers cannot, except bytes that are read as real numbers: programs compute in float32.
  package static func accepts(
    _ operation: any Operation, inputs: [TensorType], output: TensorType
  ) -> Bool {
    let isKnown =
      operation is Clip || operation is ClipGradient || operation is Cast || operation.draws
      || elementwiseOpcode(for: operation) != nil
    let computes = [DataType.float32, .bfloat16, .bool]
    let reads = operation is Cast ? computes + [.uint8] : computes
    return isKnown && computes.contains(output.dataType)
      && inputs.allSatisfy {
        operation.draws && $0 == .randomKey
          || reads.contains($0.dataType) && $0.shape == output.shape
      }
  }

  private mutating func append(_ opcode: ElementwiseOpcode, _ operands: [Value]) -> Value {
    precondition(
      operands.count == opcode.operandCount, "fusion bug: \(opcode) of \(operands.count) values")
    steps.append(.init(opcode: opcode, operands: operands))
    return .step(steps.count - 1)
  }

  /// An element is kept where its number is at least the rate.
  private mutating func dropped(_ value: Value, _ dropout: Dropout, key: Value) -> Value {
    let rate = Float(dropout.rate)
    let number = draw(.uniform(lower: 0, upper: 1), stream: dropout.stream, key: key)
    let scaled = apply(.multiply, value, .number(1 / (1 - rate)))
    return apply(.select, apply(.greaterOrEqual, number, .number(rate)), scaled, .number(0))
  }

  private mutating func clipped(_ value: Value, _ lower: Double, _ upper: Double) -> Value {
    var value = value
    if lower > -.infinity { value = apply(.maximum, value, .number(Float(lower))) }
    if upper < .infinity { value = apply(.minimum, value, .number(Float(upper))) }
    return value
  }

  /// The gradient where `value` is strictly inside, else zero; a bound of infinity is none.
  private mutating func clipGradient(
    _ value: Value, _ gradient: Value, _ lower: Double, _ upper: Double
  ) -> Value {
    let isInside: Value
    switch (lower > -.infinity, upper < .infinity) {
    case (false, false): return gradient
    case (true, false): isInside = apply(.greater, value, .number(Float(lower)))
    case (false, true): isInside = apply(.less, value, .number(Float(upper)))
    case (true, true):
      let isAbove = apply(.greater, value, .number(Float(lower)))
      isInside = apply(.and, isAbove, apply(.less, value, .number(Float(upper))))
    }
    return apply(.select, isInside, gradient, .number(0))
  }
}

extension Operation {
  /// Whether the operation takes the key of random numbers.
  package var draws: Bool { self is Dropout || self is RandomUniform || self is RandomNormal }
}
