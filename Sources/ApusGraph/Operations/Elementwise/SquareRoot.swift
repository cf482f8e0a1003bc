import ApusTensors

/// The square root, `√x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = g/(2√x)`, infinite at zero; see ``Node/norm(overAxes:keepingAxes:)``.
public struct SquareRoot: UnaryFunction {
  public static let name = "squareRoot"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try 0.5 * gradient / output
  }
}

extension Node {
  /// The square root of each element.
  public func squareRoot() throws(GraphError) -> Node { try SquareRoot()(self) }
}
