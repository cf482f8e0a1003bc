import ApusGraph
import ApusTensors

/// A chain of elementwise operations run as one, so that values between them never reach memory.
///
/// Made by the engine, after derivatives are taken, with an ``ElementwiseProgramBuilder``.
/// - Shapes: every output has shape `shape`; an input has it too, or less, as its mode says. A key of
///   random numbers is `int64 [2]`.
package struct FusedElementwise: Operation {
  package static let name = "fusedElementwise"

  package let shape: Shape
  /// How each input is read.
  package let modes: [Mode]
  /// The random numbers that steps read.
  package let draws: [Draw]
  package let steps: [Step]
  package let results: [Result]

  /// Which element of an input belongs to element `i` of the outputs.
  package enum Mode: Hashable, Sendable {
    /// Element `i`.
    case full
    /// The only one.
    case scalar
    /// Element `i % inner`: a row of `inner` numbers, repeated.
    case channel(inner: Int)
    /// Element `i / inner`: one number a row of `inner` elements.
    case repeated(inner: Int)
    /// None: the input is the key of random numbers.
    case key
  }

  /// Random numbers, one for the position of each element.
  package struct Draw: Hashable, Sendable {
    /// The input that holds the key.
    package let key: Int
    package let stream: Int
    package let distribution: Distribution
  }

  /// How random numbers are spread.
  package enum Distribution: Hashable, Sendable {
    /// As ``RandomUniform``.
    case uniform(lower: Double, upper: Double)
    /// As ``RandomNormal``.
    case normal(mean: Double, standardDeviation: Double)
  }

  /// Where a step finds a number.
  package enum Value: Hashable, Sendable {
    case input(Int)
    /// The result of an earlier step.
    case step(Int)
    /// Told from others by its bits: 0 is not −0, and NaN is itself.
    case bits(UInt32)
    case draw(Int)

    package static func number(_ number: Float) -> Self { .bits(number.bitPattern) }
  }

  /// One computation; its operands come before it.
  package struct Step: Hashable, Sendable {
    package let opcode: ElementwiseOpcode
    package let operands: [Value]
  }

  /// A value that is stored, and the type it is converted to.
  package struct Result: Hashable, Sendable {
    package let value: Value
    package let dataType: DataType
  }

  package func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(modes.count, in: Self.name)
    for (input, mode) in zip(inputs, modes) {
      guard input.count == elementCount(of: mode) else {
        throw GraphError(Self.name, .countsDiffer(input.shape, shape))
      }
      if mode == .key { try input.expectRandomKey(in: Self.name) }
    }
    return results.map { TensorType(shape, $0.dataType) }
  }

  /// The elements an input of this mode has.
  package func elementCount(of mode: Mode) -> Int {
    switch mode {
    case .full: shape.count
    case .scalar: 1
    case .channel(let inner): inner
    case .repeated(let inner): inner > 0 ? shape.count / inner : 0
    case .key: 2
    }
  }
}
