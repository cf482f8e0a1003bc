import ApusTensors

/// The elementwise difference, `a − b`.
///
/// - Shapes: `a: [d…]`, `b: [d…]` → `[d…]`.
/// - Derivative: `∂a = g`, `∂b = −g`.
public struct Subtract: BinaryFunction {
  public static let name = "subtract"

  public init() {}

  public func derivatives(at node: Node, along gradient: Node) throws(GraphError) -> (Node?, Node?)
  {
    (gradient, try -gradient)
  }
}

extension Node {
  /// The elementwise difference; the smaller operand is broadcast.
  public static func - (first: Node, second: Node) throws(GraphError) -> Node {
    let (first, second) = try broadcastTogether(first, second, in: Subtract.name)
    if first.dataType == second.dataType, second.uniformValue == 0 { return first }
    return try Subtract()(first, second)
  }

  /// The elementwise difference with the same number everywhere.
  public static func - (first: Node, second: Double) throws(GraphError) -> Node {
    try first - literal(second, first.dataType)
  }

  /// The elementwise difference with the same number everywhere.
  public static func - (first: Double, second: Node) throws(GraphError) -> Node {
    try literal(first, second.dataType) - second
  }
}
