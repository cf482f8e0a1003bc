import ApusTensors

/// The sign: −1, 0 or 1.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: zero almost everywhere.
public struct Sign: UnaryFunction {
  public static let name = "sign"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    nil
  }
}

extension Node {
  /// −1, 0 or 1 by the sign of each element.
  public func sign() throws(GraphError) -> Node { try Sign()(self) }
}
