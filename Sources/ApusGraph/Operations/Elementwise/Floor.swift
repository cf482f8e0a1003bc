import ApusTensors

/// The largest whole number that is not above, `⌊x⌋`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: zero almost everywhere.
public struct Floor: UnaryFunction {
  public static let name = "floor"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    nil
  }
}

extension Node {
  /// Each element rounded down.
  public func floor() throws(GraphError) -> Node { try Floor()(self) }
}
