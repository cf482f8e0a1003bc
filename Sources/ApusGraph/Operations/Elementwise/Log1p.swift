import ApusTensors

/// The logarithm of one more, `log(1 + x)`, exact for small `x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = g/(1 + x)`.
public struct Log1p: UnaryFunction {
  public static let name = "log1p"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try gradient / (input + 1)
  }
}

extension Node {
  /// `log(1 + x)` of each element, exact for small ones.
  public func log1p() throws(GraphError) -> Node { try Log1p()(self) }
}
