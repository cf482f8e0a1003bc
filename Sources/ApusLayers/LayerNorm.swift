import ApusGraph
import ApusTensors

/// Normalizes each vector of the last axis, `y = γ·(x − μ)/√(σ² + ε) + β`.
///
/// - Shapes: `[…, features]` → the same.
/// - Learns: `gamma: [features]`, ones; `beta: [features]`, zeros.
///
/// Names and defaults are those of Keras' `LayerNormalization`.
///
/// Reference: Ba, Kiros, Hinton (2016), "Layer normalization", arXiv:1607.06450.
public struct LayerNorm: Layer {
  public var epsilon: Double

  public init(epsilon: Double = 1e-3) { self.epsilon = epsilon }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let features: Shape = [try input.extent(ofAxis: -1, named: "layerNorm")]
    let gamma = try scope.parameter("gamma", features, initializer: .ones)
    let beta = try scope.parameter("beta", features, initializer: .zeros)
    return try input.layerNormalized(scale: gamma, offset: beta, epsilon: epsilon)
  }
}
