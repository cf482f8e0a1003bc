import ApusTensors

/// The reciprocal of the square root, `1/√x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = −½·x^(−3/2)·g`.
public struct ReciprocalSquareRoot: UnaryFunction {
  public static let name = "reciprocalSquareRoot"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try -0.5 * (output * output * output) * gradient
  }
}

extension Node {
  /// `1/√x` of each element.
  public func reciprocalSquareRoot() throws(GraphError) -> Node { try ReciprocalSquareRoot()(self) }
}
