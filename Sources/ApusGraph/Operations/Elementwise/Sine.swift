import ApusTensors

/// The sine of an angle in radians, `sin x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = cos(x)·g`.
public struct Sine: UnaryFunction {
  public static let name = "sine"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try input.cosine() * gradient
  }
}

extension Node {
  /// The sine of each element, in radians.
  public func sine() throws(GraphError) -> Node { try Sine()(self) }
}
