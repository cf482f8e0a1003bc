import ApusTensors

/// A table of zeros to whose rows updates are added: the adjoint of ``Gather``.
///
/// Updates of one row are added in the order they come.
/// - Shapes: `indices: [i…]` whole numbers in `0..<count`, `updates: [i…, d…]` → `[count, d…]`.
/// - Derivative: `∂updates` is `g` gathered at `indices`.
public struct ScatterAdd: Operation {
  public static let name = "scatterAdd"
  /// The number of rows.
  public let count: Int

  public init(count: Int) { self.count = count }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(2, in: Self.name)
    let (indices, updates) = (inputs[0], inputs[1])
    try indices.expectIntegers(of: "indices", in: Self.name)
    guard count >= 0 else {
      throw GraphError(Self.name, .setting("the number of rows must be a count, got \(count)"))
    }
    guard updates.shape.extents.starts(with: indices.shape.extents) else {
      throw GraphError(
        Self.name, .shapesDiffer(indices.shape, updates.shape),
        [
          .init(name: "indices", type: indices),
          .init(name: "updates", type: updates, axes: "the axes of the indices, then of a row"),
        ])
    }
    let extents = [count] + updates.shape.extents.dropFirst(indices.rank)
    return [try .checked(extents, updates.numeric(in: Self.name).dataType, in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [nil, try gradients[0]?.gathering(node.inputs[0])]
  }
}

extension Node {
  /// A table of `count` rows of zeros to which these updates are added at `indices`.
  public func scatterAdded(at indices: Node, count: Int) throws(GraphError) -> Node {
    try ScatterAdd(count: count)(indices, self)
  }
}
