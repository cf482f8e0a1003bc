import ApusTensors

/// The position of the largest element along one axis, the first one of several.
///
/// - Shapes: `x: [d…, n, e…]` → `int64 [d…, e…]`.
/// - Derivative: none; a position does not change with the elements.
public struct ArgMax: Operation {
  public static let name = "argMax"
  public let axis: Int

  public init(axis: Int) { self.axis = axis }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name).numeric(in: Self.name)
    guard 0..<input.rank ~= axis else {
      throw GraphError(Self.name, .axisOutOfRange(axis: axis, rank: input.rank))
    }
    guard input.shape[axis] > 0 else {
      throw GraphError(
        Self.name, .setting("axis \(axis) has no elements and so no maximum"),
        [.init(name: "input", type: input)])
    }
    return [TensorType(input.shape.dropping([axis]), .int64)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [nil]
  }
}

extension Node {
  /// The position of the largest element along `axis`; a negative one counts from the end.
  public func argMax(alongAxis axis: Int = -1) throws(GraphError) -> Node {
    try ArgMax(axis: shape.normalized(axis: axis, in: ArgMax.name))(self)
  }
}
