import ApusTensors

/// For each index a row of zeros with a one at the index.
///
/// - Shapes: `indices: [i…]` whole numbers → `[i…, depth]`; an index outside `0..<depth` gives
///   zeros.
/// - Derivative: none with respect to indices.
public struct OneHot: Operation {
  public static let name = "oneHot"
  public let depth: Int
  public let dataType: DataType

  public init(depth: Int, dataType: DataType = .float32) {
    self.depth = depth
    self.dataType = dataType
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let indices = try inputs.only(in: Self.name)
    try indices.expectIntegers(of: "indices", in: Self.name)
    guard depth >= 0 else {
      throw GraphError(Self.name, .setting("the depth must be a count, got \(depth)"))
    }
    return [try .checked(indices.shape.extents + [depth], dataType, in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [nil]
  }
}

extension Node {
  /// For each index a row of `depth` zeros with a one at the index.
  public func oneHot(depth: Int, _ dataType: DataType = .float32) throws(GraphError) -> Node {
    try OneHot(depth: depth, dataType: dataType)(self)
  }
}
