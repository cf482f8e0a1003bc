import ApusGraph
import ApusTensors

/// Batch normalization followed by a clip, such as ReLU or ReLU6, in one pass over memory.
///
/// Made by the engine where a ``BatchNormalization``'s first output goes to a ``Clip`` alone.
/// - Shapes: as ``BatchNormalization``: `x: [d…, C]`, `gamma: [C]`, `beta: [C]` → `y: [d…, C]`,
///   `mean: [C]`, `variance: [C]`.
package struct BatchNormalizationClip: Operation {
  package static let name = "batchNormalizationClip"
  package let epsilon: Double
  package let lower: Double
  package let upper: Double
  /// The type of `y`: that of `x`, or bfloat16 for what goes into products alone.
  package let resultType: DataType?

  package init(epsilon: Double, lower: Double, upper: Double, resultType: DataType? = nil) {
    self.epsilon = epsilon
    self.lower = lower
    self.upper = upper
    self.resultType = resultType
  }

  package func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    var types = try BatchNormalization(epsilon: epsilon).types(of: inputs)
    types[0].dataType = resultType ?? types[0].dataType
    return types
  }

  package func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let normalized = try BatchNormalization(epsilon: epsilon).outputs(of: inputs)
    let clipped = try Clip(lower: lower, upper: upper)(normalized[0])
    return [try clipped.cast(to: resultType ?? clipped.dataType), normalized[1], normalized[2]]
  }
}

/// The derivatives of ``BatchNormalizationClip``'s first output, its mask made again from `x`.
///
/// - Shapes: `x: [d…, C]`, `gamma: [C]`, `beta: [C]`, `mean: [C]`, `variance: [C]`, `dy: [d…, C]` →
///   `dx: [d…, C]`, `dgamma: [C]`, `dbeta: [C]`.
package struct BatchNormalizationClipGradient: Operation {
  package static let name = "batchNormalizationClipGradient"
  package let epsilon: Double
  package let lower: Double
  package let upper: Double

  package init(epsilon: Double, lower: Double, upper: Double) {
    self.epsilon = epsilon
    self.lower = lower
    self.upper = upper
  }

  package func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(6, in: Self.name)
    let withoutBeta = [inputs[0], inputs[1], inputs[3], inputs[4], inputs[5]]
    return try BatchNormalizationGradient(epsilon: epsilon).types(of: withoutBeta)
  }

  package func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let (x, gamma, beta, mean, variance, gradient) = (
      inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5]
    )
    let scale = try gamma * (variance + epsilon).reciprocalSquareRoot()
    let normalized = try (x.cast(to: gamma.dataType) - mean) * scale + beta
    let masked = try ClipGradient(lower: lower, upper: upper)(
      normalized, gradient.cast(to: gamma.dataType))
    return try BatchNormalizationGradient(epsilon: epsilon)
      .outputs(of: [x, gamma, mean, variance, masked.cast(to: gradient.dataType)])
  }
}
