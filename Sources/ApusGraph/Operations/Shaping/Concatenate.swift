import ApusTensors

/// Values laid one behind the other along one axis.
///
/// - Shapes: `xᵢ: [d…, nᵢ, e…]` → `[d…, Σ nᵢ, e…]`.
/// - Derivative: the parts of `g`, by ``Split``.
public struct Concatenate: Operation {
  public static let name = "concatenate"
  public let axis: Int

  public init(axis: Int) { self.axis = axis }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    guard let first = inputs.first else {
      throw GraphError(Self.name, .setting("needs at least one operand"))
    }
    guard 0..<first.rank ~= axis else {
      throw GraphError(Self.name, .axisOutOfRange(axis: axis, rank: first.rank))
    }
    var total = first.shape[axis]
    for other in inputs.dropFirst() {
      guard other.dataType == first.dataType else {
        throw GraphError(Self.name, .dataTypesDiffer(first.dataType, other.dataType))
      }
      guard other.rank == first.rank, other.shape.dropping([axis]) == first.shape.dropping([axis])
      else {
        throw GraphError(
          Self.name, .shapesDiffer(first.shape, other.shape),
          [.init(name: "first", type: first), .init(name: "other", type: other)])
      }
      let (sum, overflows) = total.addingReportingOverflow(other.shape[axis])
      total = overflows ? .max : sum  // which is no extent
    }
    var extents = first.shape.extents
    extents[axis] = total
    return [try .checked(extents, first.dataType, in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return node.inputs.map { _ in nil } }
    return try gradient.split(into: node.inputs.map { $0.shape[axis] }, alongAxis: axis)
  }
}

extension Node {
  /// The values one behind the other along `axis`; a negative one counts from the end.
  public static func concatenated(
    _ nodes: [Node], alongAxis axis: Int
  ) throws(GraphError) -> Node {
    guard let first = nodes.first else {
      throw GraphError(Concatenate.name, .setting("needs at least one operand"))
    }
    let axis = try first.shape.normalized(axis: axis, in: Concatenate.name)
    if nodes.count == 1 { return first }
    return Node(try Application(Concatenate(axis: axis), nodes))
  }

  /// The values one behind the other along a new axis.
  public static func stacked(_ nodes: [Node], alongAxis axis: Int = 0) throws(GraphError) -> Node {
    var layers: [Node] = []
    for node in nodes { layers.append(try node.expandingAxis(axis)) }
    return try concatenated(layers, alongAxis: axis)
  }
}
