import ApusTensors

/// The elementwise sum, `a + b`.
///
/// - Shapes: `a: [d…]`, `b: [d…]` → `[d…]`.
/// - Derivative: `∂a = g`, `∂b = g`, where `g` is the incoming gradient.
public struct Add: Operation {
  public static let name = "add"

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [try inputs.equal(2, in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [gradients[0], gradients[0]]
  }
}

extension Node {
  /// The elementwise sum; the smaller operand is broadcast.
  public static func + (first: Node, second: Node) throws(GraphError) -> Node {
    let (first, second) = try broadcastTogether(first, second, in: Add.name)
    return try Add()(first, second)
  }
}
