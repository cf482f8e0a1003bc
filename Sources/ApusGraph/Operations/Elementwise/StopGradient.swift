import ApusTensors

/// The value itself, taken as a constant by derivatives.
///
/// - Shapes: `x: [d…]` → `[d…]`.
/// - Derivative: none, which is what it is for.
public struct StopGradient: Operation {
  public static let name = "stopGradient"

  public init() {}

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [try inputs.only(in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [nil]
  }
}

extension Node {
  /// The value itself, taken as a constant by derivatives.
  public func stoppingGradient() throws(GraphError) -> Node {
    operation is StopGradient ? self : try StopGradient()(self)
  }
}
