import ApusTensors

/// Each row shifted and scaled to mean 0 and variance 1, then by learned factors.
///
/// `y = γ·(x − μ)/√(σ² + ε) + β` with the row's mean `μ` and biased variance `σ²`, a row being the
/// last axis.
/// - Shapes: `x: [d…, C]`, `gamma: [C]`, `beta: [C]` → `[d…, C]`. Where `x` is bfloat16 the others
///   may be `float32`.
/// - Derivative: that of the decomposition.
///
/// Reference: Ba, Kiros, Hinton (2016), "Layer normalization", arXiv:1607.06450.
public struct LayerNormalization: Operation {
  public static let name = "layerNormalization"
  public let epsilon: Double

  public init(epsilon: Double) { self.epsilon = epsilon }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(3, in: Self.name)
    _ = try inputs.normalized(in: Self.name, factors: ["gamma", "beta"], minimumRank: 1)
    try expectPositive(epsilon: epsilon, in: Self.name)
    return [inputs[0]]
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let (gamma, beta) = (inputs[1], inputs[2])
    let x = try inputs[0].cast(to: gamma.dataType)
    let centred = try x - x.mean(overAxes: [-1], keepingAxes: true)
    let variance = try centred.squared().mean(overAxes: [-1], keepingAxes: true)
    let normalized = try centred * (variance + epsilon).reciprocalSquareRoot()
    return [try (normalized * gamma + beta).cast(to: inputs[0].dataType)]
  }
}

extension Node {
  /// This value with each row of the last axis normalized.
  public func layerNormalized(
    scale gamma: Node, offset beta: Node, epsilon: Double
  ) throws(GraphError) -> Node {
    try LayerNormalization(epsilon: epsilon)(self, gamma, beta)
  }
}
