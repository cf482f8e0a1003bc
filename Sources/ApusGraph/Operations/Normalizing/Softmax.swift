import ApusTensors

/// The exponentials of the last axis, scaled to sum to one: `pᵢ = e^{xᵢ} / Σ e^{xⱼ}`.
///
/// - Shapes: `x: [d…, K]` → `[d…, K]`.
/// - Derivative: `∂x = p·(g − Σ p·g)`.
public struct Softmax: Operation {
  public static let name = "softmax"

  public init() {}

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [try inputs.only(in: Self.name).probable(in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil] }
    let mean = try (node * gradient).sum(overAxes: [-1], keepingAxes: true)
    return [try node * (gradient - mean)]
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let largest = try inputs[0].max(overAxes: [-1], keepingAxes: true).stoppingGradient()
    let exponentials = try (inputs[0] - largest).exponential()
    return [try exponentials / exponentials.sum(overAxes: [-1], keepingAxes: true)]
  }
}

extension TensorType {
  /// This type, where it has a last axis with elements to spread probability over.
  func probable(in operation: String) throws(GraphError) -> TensorType {
    guard rank >= 1, shape[rank - 1] > 0 else {
      throw GraphError(
        operation, .setting("needs a last axis with at least one element"),
        [.init(name: "logits", type: self)])
    }
    return try floatingPoint(in: operation)
  }
}

extension Node {
  /// The exponentials of the last axis, scaled to sum to one.
  public func softmax() throws(GraphError) -> Node { try Softmax()(self) }
}
