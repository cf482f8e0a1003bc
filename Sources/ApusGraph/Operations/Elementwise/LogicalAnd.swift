import ApusTensors

/// Whether both of two truth values hold, `a ∧ b`.
///
/// - Shapes: `a: bool [d…]`, `b: bool [d…]` → `bool [d…]`.
/// - Derivative: none; truth values have none.
public struct LogicalAnd: Operation {
  public static let name = "logicalAnd"

  public init() {}

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let type = try inputs.equal(2, in: Self.name)
    try type.expect(.bool, of: "operand", in: Self.name)
    return [type]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [nil, nil]
  }
}

extension Node {
  /// Whether this and `other` hold, element by element; the smaller operand is broadcast.
  public func and(_ other: Node) throws(GraphError) -> Node {
    let (first, second) = try Node.broadcastTogether(self, other, in: LogicalAnd.name)
    return try LogicalAnd()(first, second)
  }
}
