import ApusTensors

/// The rows of a table at given indices: an embedding.
///
/// - Shapes: `table: [V, d…]`, `indices: [i…]` whole numbers in `0..<V` → `[i…, d…]`.
/// - Derivative: the rows of `g` added up where they came from, by ``ScatterAdd``.
public struct Gather: Operation {
  public static let name = "gather"

  public init() {}

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(2, in: Self.name)
    let (table, indices) = (inputs[0], inputs[1])
    guard table.rank >= 1 else {
      throw GraphError(
        Self.name, .rank(expected: "at least 1", actual: 0),
        [.init(name: "table", type: table, axes: "row, …")])
    }
    try indices.expectIntegers(of: "indices", in: Self.name)
    let extents = indices.shape.extents + table.shape.extents.dropFirst()
    return [try .checked(extents, table.dataType, in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil, nil] }
    return [try ScatterAdd(count: node.inputs[0].shape[0])(node.inputs[1], gradient), nil]
  }
}

extension Node {
  /// The rows of this table at `indices`; a run fails where an index is outside the table.
  public func gathering(_ indices: Node) throws(GraphError) -> Node { try Gather()(self, indices) }
}
