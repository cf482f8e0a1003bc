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
  private var steps: [FusedElementwise.Step] = []
  private var results: [FusedElementwise.Result] = []

  /// An empty program over the elements of `shape`.
  package init(shape: Shape) { self.shape = shape }

  /// What was put together so far.
  package var operation: FusedElementwise {
    FusedElementwise(shape: shape, modes: modes, steps: steps, results: results)
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
      operation is Clip || operation is ClipGradient || operation is Cast
      || elementwiseOpcode(for: operation) != nil
    let computes = [DataType.float32, .bfloat16, .bool]
    let reads = operation is Cast ? computes + [.uint8] : computes
    return isKnown && computes.contains(output.dataType)
      && inputs.allSatisfy { reads.contains($0.dataType) && $0.shape == output.shape }
  }

  private mutating func append(_ opcode: ElementwiseOpcode, _ operands: [Value]) -> Value {
    precondition(
      operands.count == opcode.operandCount, "fusion bug: \(opcode) of \(operands.count) values")
    steps.append(.init(opcode: opcode, operands: operands))
    return .step(steps.count - 1)
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
