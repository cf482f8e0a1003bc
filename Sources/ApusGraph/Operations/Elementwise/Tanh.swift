import ApusTensors

/// The hyperbolic tangent, `tanh x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = (1 − tanh² x)·g`.
public struct Tanh: UnaryFunction {
  public static let name = "tanh"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try (1 - output.squared()) * gradient
  }
}

extension Node {
  /// The hyperbolic tangent of each element.
  public func tanh() throws(GraphError) -> Node { try Tanh()(self) }
}
