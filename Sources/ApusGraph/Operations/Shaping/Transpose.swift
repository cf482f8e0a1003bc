import ApusTensors

/// The value with its axes in another order.
///
/// - Shapes: `x: [d₀, d₁, …]` → `[d_{p₀}, d_{p₁}, …]` with the permutation `p`.
/// - Derivative: `g` with its axes in the former order.
public struct Transpose: Operation {
  public static let name = "transpose"
  /// The axis of the input that each axis of the output is.
  public let permutation: [Int]

  public init(permutation: [Int]) { self.permutation = permutation }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name)
    guard permutation.sorted() == Array(0..<input.rank) else {
      throw GraphError(
        Self.name, .setting("\(permutation) is no order of the axes 0..<\(input.rank)"),
        [.init(name: "input", type: input)])
    }
    return [TensorType(Shape(permutation.map { input.shape[$0] }), input.dataType)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    var inverse = permutation
    for (position, axis) in permutation.enumerated() { inverse[axis] = position }
    return [try gradients[0]?.transposed(inverse)]
  }
}

extension Node {
  /// The value with its axes in the order `permutation`, reversed where none is given.
  public func transposed(_ permutation: [Int]? = nil) throws(GraphError) -> Node {
    let permutation = permutation ?? Array((0..<shape.rank).reversed())
    return permutation == Array(0..<shape.rank)
      ? self : try Transpose(permutation: permutation)(self)
  }

  /// The value with two axes exchanged; negative ones count from the end.
  public func transposed(_ first: Int, _ second: Int) throws(GraphError) -> Node {
    var permutation = Array(0..<shape.rank)
    permutation.swapAt(
      try shape.normalized(axis: first, in: Transpose.name),
      try shape.normalized(axis: second, in: Transpose.name))
    return try transposed(permutation)
  }
}
