import ApusTensors

/// The reciprocal, `1/x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = −g/x²`.
public struct Reciprocal: UnaryFunction {
  public static let name = "reciprocal"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try -(output.squared() * gradient)
  }
}

extension Node {
  /// `1/x` of each element.
  public func reciprocal() throws(GraphError) -> Node { try Reciprocal()(self) }
}
