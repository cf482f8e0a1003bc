import ApusTensors

/// Whether a truth value does not hold, `¬a`.
///
/// - Shapes: `a: bool [d…]` → `bool [d…]`.
/// - Derivative: none; truth values have none.
public struct LogicalNot: Operation {
  public static let name = "logicalNot"

  public init() {}

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let type = try inputs.only(in: Self.name)
    try type.expect(.bool, of: "operand", in: Self.name)
    return [type]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [nil]
  }
}

extension Node {
  /// Whether each truth value does not hold.
  public static prefix func ! (node: Node) throws(GraphError) -> Node { try LogicalNot()(node) }
}
