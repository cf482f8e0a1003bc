import ApusTensors

/// The elementwise quotient, `a/b`.
///
/// - Shapes: `a: [d…]`, `b: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂a = g/b`, `∂b = −(a/b)·g/b`.
public struct Divide: BinaryFunction {
  public static let name = "divide"

  public init() {}

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [try inputs.equal(2, in: Self.name).floatingPoint(in: Self.name)]
  }

  public func derivatives(at node: Node, along gradient: Node) throws(GraphError) -> (Node?, Node?)
  {
    let first = try gradient / node.inputs[1]
    return (first, try -(node * first))
  }
}

extension Node {
  /// The elementwise quotient; the smaller operand is broadcast.
  public static func / (first: Node, second: Node) throws(GraphError) -> Node {
    let (first, second) = try broadcastTogether(first, second, in: Divide.name)
    if first.dataType == second.dataType, second.uniformValue == 1 { return first }
    return try Divide()(first, second)
  }

  /// The elementwise quotient with the same number everywhere.
  public static func / (first: Node, second: Double) throws(GraphError) -> Node {
    try first / literal(second, first.dataType)
  }

  /// The elementwise quotient with the same number everywhere.
  public static func / (first: Double, second: Node) throws(GraphError) -> Node {
    try literal(first, second.dataType) / second
  }
}
