import ApusTensors

/// The elementwise maximum, the larger of `a` and `b`.
///
/// - Shapes: `a: [d…]`, `b: [d…]` → `[d…]`.
/// - Derivative: `g` goes to the larger operand; equal ones get half of it each.
public struct Maximum: BinaryFunction {
  public static let name = "maximum"

  public init() {}

  public func derivatives(at node: Node, along gradient: Node) throws(GraphError) -> (Node?, Node?)
  {
    let (first, second) = (node.inputs[0], node.inputs[1])
    let zero = try Node.filled(0, like: gradient.type)
    let half = try Node.select(first.isEqual(to: second), gradient * 0.5, zero)
    return (
      try Node.select(first.isGreater(than: second), gradient, half),
      try Node.select(second.isGreater(than: first), gradient, half)
    )
  }
}

extension Node {
  /// The larger of each pair of elements; the smaller operand is broadcast.
  public static func maximum(_ first: Node, _ second: Node) throws(GraphError) -> Node {
    let (first, second) = try broadcastTogether(first, second, in: Maximum.name)
    return try Maximum()(first, second)
  }

  /// The larger of each element and a number.
  public static func maximum(_ first: Node, _ second: Double) throws(GraphError) -> Node {
    try maximum(first, constant(second, first.dataType))
  }
}
