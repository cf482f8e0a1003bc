import ApusGraph
import ApusNumerics
import ApusTensors

/// How a parameter starts, with Keras' names, rules and defaults.
///
/// The scaled ones use the fans of a parameter, the number of inputs and outputs each number
/// serves: for a shape `[…receptive, in, out]`, `fanIn = in·Πreceptive` and
/// `fanOut = out·Πreceptive`; for one axis both are its extent. A depthwise kernel
/// `[height, width, channels, multiplier]` follows the same rule.
///
/// The normal ones named after a person are cut off at two standard deviations, as in Keras.
public enum Initializer: Sendable, Hashable {
  case zeros
  case ones
  case constant(Double)
  /// Uniform over `lower ..< upper`.
  case uniform(from: Double, to: Double)
  case normal(standardDeviation: Double)
  /// Normal, drawn again beyond two standard deviations.
  case truncatedNormal(standardDeviation: Double)
  /// Variance `2 / (fanIn + fanOut)`. Glorot, Bengio (2010), AISTATS 9.
  case glorotUniform
  case glorotNormal
  /// `glorotUniform` plus a part of the identity: each output's weight of the input of its own channel, in
  /// the middle of the kernel, is larger by the norm expected of that output's weights together.
  ///
  /// For kernels of odd extents and one group. Outputs beyond the inputs have no such weight. `isDepthwise` is
  /// for kernels `[height, width, channels, multiplier]`, where every output has one.
  /// Zagoruyko, Komodakis (2017), "DiracNets", arXiv:1706.00388, begin with such sums.
  case glorotUniformNearIdentity(isDepthwise: Bool = false)
  /// Variance `2 / fanIn`. He et al. (2015), arXiv:1502.01852.
  case heUniform
  case heNormal
  /// Variance `1 / fanIn`. LeCun et al. (1998), "Efficient BackProp".
  case lecunUniform
  case lecunNormal
  /// Orthonormal columns (or rows, where there are fewer) of the matrix
  /// `[all other axes, last axis]`. Saxe et al. (2013), arXiv:1312.6120.
  case orthogonal(gain: Double = 1)
  /// Ones in the second quarter, zeros elsewhere: the biases of an LSTM whose forget gates start
  /// open. Jozefowicz et al. (2015), "An empirical exploration of recurrent network architectures".
  case unitForgetBias

  /// The numbers of inputs and outputs that each number of a parameter serves.
  package static func fans(of shape: Shape) -> (input: Int, output: Int) {
    switch shape.rank {
    case 0: return (1, 1)
    case 1: return (shape[0], shape[0])
    default:
      let receptive = shape.extents.dropLast(2).reduce(1, *)
      return (shape[shape.rank - 2] * receptive, shape[shape.rank - 1] * receptive)
    }
  }

  /// Checks that a parameter of `shape` can be started this way.
  func check(_ shape: Shape, of name: String) throws(GraphError) {
    let start: String
    switch self {
    case .orthogonal: start = "orthogonal"
    case .glorotUniformNearIdentity: start = "near the identity"
    default: return
    }
    guard shape.rank >= 2 else {
      throw GraphError(
        name, .rank(expected: "at least two, to start \(start),", actual: shape.rank))
    }
  }

  /// The numbers of a parameter, row by row.
  package func values(
    for shape: Shape, using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    let fans = Self.fans(of: shape)
    let mean = Double(fans.input + fans.output) / 2
    return switch self {
    case .zeros: [Float](repeating: 0, count: shape.count)
    case .ones: [Float](repeating: 1, count: shape.count)
    case .constant(let value): [Float](repeating: Float(value), count: shape.count)
    case .uniform(let lower, let upper):
      Self.uniform(shape.count, from: lower, to: upper, using: &generator)
    case .normal(let deviation):
      Self.normal(shape.count, standardDeviation: deviation, using: &generator)
    case .truncatedNormal(let deviation):
      Self.truncatedNormal(shape.count, standardDeviation: deviation, using: &generator)
    case .glorotUniform: Self.uniform(shape.count, variance: 1 / mean, using: &generator)
    case .glorotNormal: Self.truncatedNormal(shape.count, variance: 1 / mean, using: &generator)
    case .glorotUniformNearIdentity(let isDepthwise):
      Self.nearIdentity(shape, isDepthwise: isDepthwise, variance: 1 / mean, using: &generator)
    case .heUniform: Self.uniform(shape.count, variance: 2 / Double(fans.input), using: &generator)
    case .heNormal:
      Self.truncatedNormal(shape.count, variance: 2 / Double(fans.input), using: &generator)
    case .lecunUniform:
      Self.uniform(shape.count, variance: 1 / Double(fans.input), using: &generator)
    case .lecunNormal:
      Self.truncatedNormal(shape.count, variance: 1 / Double(fans.input), using: &generator)
    case .orthogonal(let gain): orthogonalValues(for: shape, gain: gain, using: &generator)
    case .unitForgetBias:
      (0..<shape.count).map { $0 * 4 / shape.count == 1 ? 1 : 0 }
    }
  }
}

extension Initializer {
  private static func uniform(
    _ count: Int, from lower: Double, to upper: Double,
    using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    filled(count) { generator.fillUniform($0, from: lower, to: upper) }
  }

  /// Uniform over `±√(3·variance)`.
  private static func uniform(
    _ count: Int, variance: Double, using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    let limit = (3 * variance).squareRoot()
    return uniform(count, from: -limit, to: limit, using: &generator)
  }

  private static func nearIdentity(
    _ shape: Shape, isDepthwise: Bool, variance: Double,
    using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    var values = uniform(shape.count, variance: variance, using: &generator)
    let (inputs, outputs) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let receptive = shape.extents.dropLast(2)
    let inputsOfOne = isDepthwise ? 1 : inputs
    let weights = receptive.reduce(inputsOfOne, *)
    let norm = Float((Double(weights) * variance).squareRoot())
    let middle = receptive.reduce(0) { $0 * $1 + $1 / 2 } * inputs * outputs
    if isDepthwise {
      for weight in middle..<middle + inputs * outputs { values[weight] += norm }
    } else {
      for channel in 0..<min(inputs, outputs) {
        values[middle + channel * (outputs + 1)] += norm
      }
    }
    return values
  }

  private static func normal(
    _ count: Int, standardDeviation: Double, using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    filled(count) { generator.fillNormal($0, standardDeviation: standardDeviation) }
  }

  private static func truncatedNormal(
    _ count: Int, standardDeviation: Double, using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    (0..<count).map { _ in
      Float(generator.truncatedNormal(standardDeviation: standardDeviation))
    }
  }

  /// Cut off at two standard deviations and scaled so that `variance` is the result's.
  private static func truncatedNormal(
    _ count: Int, variance: Double, using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    // The standard deviation of a standard normal cut off at ±2.
    let shrinkage = 0.879_625_661_034_239_78
    return truncatedNormal(
      count, standardDeviation: variance.squareRoot() / shrinkage, using: &generator)
  }

  private static func filled(
    _ count: Int, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialized = count
    }
  }
}
