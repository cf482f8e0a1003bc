import ApusTensors

/// The cosine of an angle in radians, `cos x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = −sin(x)·g`.
public struct Cosine: UnaryFunction {
  public static let name = "cosine"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try -(input.sine() * gradient)
  }
}

extension Node {
  /// The cosine of each element, in radians.
  public func cosine() throws(GraphError) -> Node { try Cosine()(self) }
}
