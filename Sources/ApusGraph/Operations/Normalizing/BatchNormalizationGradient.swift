import ApusTensors

/// The gradient of a batch normalization's value with respect to input, scale and offset.
///
/// With `x̂ = (x − μ)/√(σ² + ε)`, means over all axes but the last, and `n` their number of
/// elements: `dβ = Σ dy`, `dγ = Σ dy·x̂`, `dx = γ/√(σ² + ε)·(dy − dβ/n − x̂·dγ/n)`.
/// - Shapes: `x: [d…, C]`, `gamma: [C]`, `mean: [C]`, `variance: [C]`, `dy: [d…, C]` →
///   `dx: [d…, C]`, `dgamma: [C]`, `dbeta: [C]`.
/// - Derivative: that of the decomposition, in which mean and variance are operands.
public struct BatchNormalizationGradient: Operation {
  public static let name = "batchNormalizationGradient"
  public let epsilon: Double

  public init(epsilon: Double) { self.epsilon = epsilon }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(5, in: Self.name)
    let factors = Array(inputs[0..<4])
    let channel = try factors.normalized(
      in: Self.name, factors: ["gamma", "mean", "variance"], minimumRank: 2)
    try expectPositive(epsilon: epsilon, in: Self.name)
    _ = try inputs[0].equal(to: inputs[4], in: Self.name)
    return [inputs[0], channel, channel]
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let (gamma, mean, variance) = (inputs[1], inputs[2], inputs[3])
    let x = try inputs[0].cast(to: gamma.dataType)
    let gradient = try inputs[4].cast(to: gamma.dataType)
    let axes = Array(0..<x.shape.rank - 1)
    let deviation = try (variance + epsilon).reciprocalSquareRoot()
    let normalized = try (x - mean) * deviation
    let offset = try gradient.sum(overAxes: axes)
    let scale = try (gradient * normalized).sum(overAxes: axes)
    let share = 1 / Double(axes.reduce(1) { $0 * x.shape[$1] })
    let centred = try gradient - offset * share - normalized * (scale * share)
    return [try (gamma * deviation * centred).cast(to: inputs[0].dataType), scale, offset]
  }
}
