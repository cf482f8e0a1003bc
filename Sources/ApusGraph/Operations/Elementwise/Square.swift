import ApusTensors

/// The square, `x²`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = 2x·g`.
public struct Square: UnaryFunction {
  public static let name = "square"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try 2 * input * gradient
  }
}

extension Node {
  /// The square of each element.
  public func squared() throws(GraphError) -> Node { try Square()(self) }
}
