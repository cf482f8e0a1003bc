import ApusTensors

/// The value repeated along new leading axes and along axes of extent 1.
///
/// - Shapes: NumPy's rule: axes are matched from the last; an axis of extent 1 is repeated.
/// - Derivative: the sum over the repeated axes.
public struct Broadcast: Operation {
  public static let name = "broadcast"
  public let shape: Shape

  public init(shape: Shape) { self.shape = shape }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name)
    guard input.shape.broadcasts(to: shape) else {
      throw GraphError(Self.name, .cannotBroadcast(input.shape, to: shape))
    }
    return [TensorType(shape, input.dataType)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil] }
    return [try gradient.summed(to: node.inputs[0].shape)]
  }
}

extension Node {
  /// The value broadcast to `shape`; itself where it has that shape already.
  public func broadcast(to shape: Shape) throws(GraphError) -> Node {
    self.shape == shape ? self : try Broadcast(shape: shape)(self)
  }

  /// The sum over the axes that broadcasting from `shape` repeats: its adjoint.
  package func summed(to shape: Shape) throws(GraphError) -> Node {
    guard self.shape != shape else { return self }
    let added = self.shape.rank - shape.rank
    let repeated = shape.extents.indices.filter { axis in
      shape[axis] == 1 && self.shape[axis + added] != 1
    }
    let axes = Array(0..<added) + repeated.map { $0 + added }
    return try sum(overAxes: axes).reshaped(to: shape)
  }
}

extension Shape {
  /// Whether a tensor of this shape can be repeated to `target`.
  package func broadcasts(to target: Shape) -> Bool {
    guard rank <= target.rank else { return false }
    let offset = target.rank - rank
    return extents.indices.allSatisfy { self[$0] == target[$0 + offset] || self[$0] == 1 }
  }

  /// The smallest shape that this one and `other` both broadcast to, or nil.
  package func broadcast(with other: Shape) -> Shape? {
    let rank = max(self.rank, other.rank)
    var extents: [Int] = []
    for axis in 0..<rank {
      let first = axis - (rank - self.rank) < 0 ? 1 : self[axis - (rank - self.rank)]
      let second = axis - (rank - other.rank) < 0 ? 1 : other[axis - (rank - other.rank)]
      guard first == second || first == 1 || second == 1 else { return nil }
      extents.append(first == 1 ? second : first)
    }
    return Shape(checking: extents)
  }
}
