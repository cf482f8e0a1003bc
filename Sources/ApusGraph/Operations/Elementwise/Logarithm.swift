import ApusTensors

/// The natural logarithm, `log x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = g/x`.
public struct Logarithm: UnaryFunction {
  public static let name = "logarithm"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try gradient / input
  }
}

extension Node {
  /// The natural logarithm of each element.
  public func logarithm() throws(GraphError) -> Node { try Logarithm()(self) }
}
