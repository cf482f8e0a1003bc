import ApusTensors

/// The elementwise minimum, the smaller of `a` and `b`.
///
/// - Shapes: `a: [d…]`, `b: [d…]` → `[d…]`.
/// - Derivative: `g` goes to the smaller operand; equal ones get half of it each.
public struct Minimum: BinaryFunction {
  public static let name = "minimum"

  public init() {}

  public func derivatives(at node: Node, along gradient: Node) throws(GraphError) -> (Node?, Node?)
  {
    let (first, second) = (node.inputs[0], node.inputs[1])
    let zero = try Node.filled(0, like: gradient.type)
    let half = try Node.select(first.isEqual(to: second), gradient * 0.5, zero)
    return (
      try Node.select(first.isLess(than: second), gradient, half),
      try Node.select(second.isLess(than: first), gradient, half)
    )
  }
}

extension Node {
  /// The smaller of each pair of elements; the smaller operand is broadcast.
  public static func minimum(_ first: Node, _ second: Node) throws(GraphError) -> Node {
    let (first, second) = try broadcastTogether(first, second, in: Minimum.name)
    return try Minimum()(first, second)
  }

  /// The smaller of each element and a number.
  public static func minimum(_ first: Node, _ second: Double) throws(GraphError) -> Node {
    try minimum(first, constant(second, first.dataType))
  }
}
