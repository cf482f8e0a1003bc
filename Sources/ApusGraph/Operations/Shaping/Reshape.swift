import ApusTensors

/// The same elements, row by row, in another shape.
///
/// - Shapes: `x: [d…]` → `shape`, with the same number of elements.
/// - Derivative: `g` in the shape of `x`.
package struct Reshape: Operation {
  package static let name = "reshape"
  package let shape: Shape

  package init(shape: Shape) { self.shape = shape }

  package func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name)
    guard input.count == shape.count else {
      throw GraphError(Self.name, .countsDiffer(input.shape, shape))
    }
    return [TensorType(shape, input.dataType)]
  }

  package func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [try gradients[0]?.reshaped(to: node.inputs[0].shape)]
  }
}

extension Node {
  /// The same elements in another shape.
  public func reshaped(to shape: Shape) throws(GraphError) -> Node {
    self.shape == shape ? self : try Reshape(shape: shape)(self)
  }

  /// The axes from `axis` on as one.
  public func flattened(fromAxis axis: Int = 1) throws(GraphError) -> Node {
    let axis = axis == shape.rank ? axis : try shape.normalized(axis: axis, in: "flattened")
    let kept = shape.extents[..<axis]
    return try reshaped(to: Shape(kept + [shape.extents[axis...].reduce(1, *)]))
  }

  /// The value with a new axis of extent 1 at position `axis`; −1 makes it the last.
  public func expandingAxis(_ axis: Int) throws(GraphError) -> Node {
    var extents = shape.extents
    let position = axis < 0 ? axis + extents.count + 1 : axis
    guard (0...extents.count).contains(position) else {
      throw GraphError("expandingAxis", .axisOutOfRange(axis: axis, rank: extents.count + 1))
    }
    extents.insert(1, at: position)
    return try reshaped(to: Shape(extents))
  }

  /// The value without `axis`, whose extent must be 1.
  public func removingAxis(_ axis: Int) throws(GraphError) -> Node {
    let axis = try shape.normalized(axis: axis, in: "removingAxis")
    guard shape[axis] == 1 else {
      throw GraphError(
        "removingAxis", .setting("axis \(axis) has extent \(shape[axis]), expected 1"),
        [.init(name: "input", type: type)])
    }
    var extents = shape.extents
    extents.remove(at: axis)
    return try reshaped(to: Shape(extents))
  }
}
