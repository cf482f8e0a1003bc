import ApusTensors

/// One less than the exponential, `eˣ − 1`, exact for small `x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = eˣ·g`.
public struct Expm1: UnaryFunction {
  public static let name = "expm1"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try input.exponential() * gradient
  }
}

extension Node {
  /// `eˣ − 1` of each element, exact for small ones.
  public func expm1() throws(GraphError) -> Node { try Expm1()(self) }
}
