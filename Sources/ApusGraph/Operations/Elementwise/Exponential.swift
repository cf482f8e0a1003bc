import ApusTensors

/// The exponential function, `eˣ`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = eˣ·g`.
public struct Exponential: UnaryFunction {
  public static let name = "exponential"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try output * gradient
  }
}

extension Node {
  /// `eˣ` of each element.
  public func exponential() throws(GraphError) -> Node { try Exponential()(self) }
}
