import ApusTensors

/// The elementwise product, `a·b`.
///
/// - Shapes: `a: [d…]`, `b: [d…]` → `[d…]`.
/// - Derivative: `∂a = b·g`, `∂b = a·g`.
public struct Multiply: BinaryFunction {
  public static let name = "multiply"

  public init() {}

  public func derivatives(at node: Node, along gradient: Node) throws(GraphError) -> (Node?, Node?)
  {
    (try node.inputs[1] * gradient, try node.inputs[0] * gradient)
  }
}

extension Node {
  /// The elementwise product; the smaller operand is broadcast.
  public static func * (first: Node, second: Node) throws(GraphError) -> Node {
    let (first, second) = try broadcastTogether(first, second, in: Multiply.name)
    if first.dataType == second.dataType {
      if second.uniformValue == 1 { return first }
      if first.uniformValue == 1 { return second }
    }
    return try Multiply()(first, second)
  }

  /// The elementwise product with the same number everywhere.
  public static func * (first: Node, second: Double) throws(GraphError) -> Node {
    try first * literal(second, first.dataType)
  }

  /// The elementwise product with the same number everywhere.
  public static func * (first: Double, second: Node) throws(GraphError) -> Node {
    try literal(first, second.dataType) * second
  }
}
