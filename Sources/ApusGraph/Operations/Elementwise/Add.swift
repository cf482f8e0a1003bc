import ApusTensors

/// The elementwise sum, `a + b`.
///
/// - Shapes: `a: [d…]`, `b: [d…]` → `[d…]`.
/// - Derivative: `∂a = g`, `∂b = g`, where `g` is the incoming gradient.
public struct Add: BinaryFunction {
  public static let name = "add"

  public init() {}

  public func derivatives(at node: Node, along gradient: Node) throws(GraphError) -> (Node?, Node?)
  {
    (gradient, gradient)
  }
}

extension Node {
  /// The elementwise sum; the smaller operand is broadcast.
  public static func + (first: Node, second: Node) throws(GraphError) -> Node {
    let (first, second) = try broadcastTogether(first, second, in: Add.name)
    if first.dataType == second.dataType {
      if second.uniformValue == 0 { return first }
      if first.uniformValue == 0 { return second }
    }
    return try Add()(first, second)
  }

  /// The elementwise sum with the same number everywhere.
  public static func + (first: Node, second: Double) throws(GraphError) -> Node {
    try first + literal(second, first.dataType)
  }

  /// The elementwise sum with the same number everywhere.
  public static func + (first: Double, second: Node) throws(GraphError) -> Node {
    try literal(first, second.dataType) + second
  }
}
