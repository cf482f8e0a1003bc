import ApusTensors

/// The value with its sign changed, `−x`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = −g`, where `g` is the incoming gradient.
public struct Negate: UnaryFunction {
  public static let name = "negate"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try -gradient
  }
}

extension Node {
  /// The negated value.
  public static prefix func - (node: Node) throws(GraphError) -> Node { try Negate()(node) }
}
