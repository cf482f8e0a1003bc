import ApusTensors

/// The logarithm of the softmax over the last axis, `xᵢ − log Σ e^{xⱼ}`, without overflow.
///
/// - Shapes: `x: [d…, K]` → `[d…, K]`.
/// - Derivative: `∂x = g − softmax(x)·Σ g`.
public struct LogSoftmax: Operation {
  public static let name = "logSoftmax"

  public init() {}

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [try inputs.only(in: Self.name).probable(in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil] }
    let sum = try gradient.sum(overAxes: [-1], keepingAxes: true)
    return [try gradient - node.exponential() * sum]
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    [try inputs[0] - inputs[0].logSumExp(overAxes: [-1], keepingAxes: true)]
  }
}

extension Node {
  /// The logarithm of the softmax over the last axis.
  public func logSoftmax() throws(GraphError) -> Node { try LogSoftmax()(self) }
}
