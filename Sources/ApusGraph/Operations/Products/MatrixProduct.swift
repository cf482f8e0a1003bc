import ApusTensors

/// The product of matrices, one for each index of the leading axes.
///
/// - Shapes: `a: [b…, M, K]` (or `[b…, K, M]` where transposed), `b: [b…, K, N]` (or `[b…, N, K]`)
///   → `[b…, M, N]`. The batch axes `b…` are equal;
///   ``Node/matrixProduct(with:transposingFirst:transposingSecond:)`` broadcasts them.
/// - Derivative: `∂a = g·bᵀ`, `∂b = aᵀ·g`, transposed as the operand is.
public struct MatrixProduct: Operation {
  public static let name = "matrixProduct"
  public var transposesFirst: Bool
  public var transposesSecond: Bool
  /// The result's type, that of the operands unless given; bfloat16 operands may give `float32`.
  public var resultType: DataType?

  public init(
    transposesFirst: Bool = false, transposesSecond: Bool = false, resultType: DataType? = nil
  ) {
    self.transposesFirst = transposesFirst
    self.transposesSecond = transposesSecond
    self.resultType = resultType
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(2, in: Self.name)
    let (first, second) = (inputs[0], inputs[1])
    let rank = first.rank
    guard rank >= 2, second.rank == rank else {
      throw refusal(
        .rank(expected: "\(max(2, rank))", actual: rank < 2 ? rank : second.rank), inputs)
    }
    let result = try productType(inputs, resultType, in: Self.name)
    guard first.shape.extents.dropLast(2) == second.shape.extents.dropLast(2) else {
      throw refusal(.shapesDiffer(first.shape, second.shape), inputs)
    }
    let inner = first.shape[transposesFirst ? rank - 2 : rank - 1]
    let other = second.shape[transposesSecond ? rank - 1 : rank - 2]
    guard inner == other else {
      throw refusal(.extentsDiffer("the inner extents", inner, other), inputs)
    }
    let rows = first.shape[transposesFirst ? rank - 1 : rank - 2]
    let columns = second.shape[transposesSecond ? rank - 2 : rank - 1]
    return [try .checked(first.shape.extents.dropLast(2) + [rows, columns], result, in: Self.name)]
  }

  private func refusal(_ reason: GraphError.Reason, _ inputs: [TensorType]) -> GraphError {
    GraphError(
      Self.name, reason,
      [
        .init(name: "first", type: inputs[0], axes: transposesFirst ? "…, K, M" : "…, M, K"),
        .init(name: "second", type: inputs[1], axes: transposesSecond ? "…, N, K" : "…, K, N"),
      ])
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    let (first, second) = (node.inputs[0], node.inputs[1])
    guard let gradient = try gradients[0]?.cast(to: first.dataType) else { return [nil, nil] }
    func product(_ a: Node, _ b: Node, _ transposesA: Bool, _ transposesB: Bool)
      throws(GraphError) -> Node
    {
      try MatrixProduct(transposesFirst: transposesA, transposesSecond: transposesB)(a, b)
    }
    return [
      transposesFirst
        ? try product(second, gradient, transposesSecond, true)
        : try product(gradient, second, false, !transposesSecond),
      transposesSecond
        ? try product(gradient, first, true, transposesFirst)
        : try product(first, gradient, !transposesFirst, false),
    ]
  }
}

/// The type a product of `inputs` gives: theirs, or the `float32` that `resultType` asks for.
func productType(
  _ inputs: [TensorType], _ resultType: DataType?, in operation: String
) throws(GraphError) -> DataType {
  let operand = try inputs[0].floatingPoint(in: operation).dataType
  guard inputs[1].dataType == operand else {
    throw GraphError(operation, .dataTypesDiffer(operand, inputs[1].dataType))
  }
  let result = resultType ?? operand
  guard result == operand || (operand == .bfloat16 && result == .float32) else {
    throw GraphError(
      operation,
      .setting("operands of \(operand.rawValue) do not give a result of \(result.rawValue)"))
  }
  return result
}

extension Node {
  /// The matrix product of the last two axes; leading ones are broadcast.
  ///
  /// - Shapes: `[b…, M, K]`, `[b…, K, N]` → `[b…, M, N]`; where the second operand is one matrix,
  ///   the leading axes of the first are rows of one product.
  public func matrixProduct(
    with other: Node, transposingFirst: Bool = false, transposingSecond: Bool = false
  ) throws(GraphError) -> Node {
    let product = MatrixProduct(
      transposesFirst: transposingFirst, transposesSecond: transposingSecond)
    guard shape.rank >= 2, other.shape.rank >= 2 else {
      return try product(self, other)  // which says what is wrong
    }
    if other.shape.rank == 2, shape.rank > 2, !transposingFirst {
      let rows = shape.extents.dropLast()
      let flat = try reshaped(to: [rows.reduce(1, *), shape[shape.rank - 1]])
      let result = try product(flat, other)
      return try result.reshaped(to: .checked(rows + [result.shape[1]], in: MatrixProduct.name))
    }
    let (first, second) = (shape.extents.dropLast(2), other.shape.extents.dropLast(2))
    guard let batch = Shape(Array(first)).broadcast(with: Shape(Array(second))) else {
      throw GraphError(
        MatrixProduct.name, .shapesDiffer(shape, other.shape),
        [.init(name: "first", type: type), .init(name: "second", type: other.type)])
    }
    func repeated(_ operand: Node) throws(GraphError) -> Node {
      try operand.broadcast(
        to: .checked(batch.extents + operand.shape.extents.suffix(2), in: MatrixProduct.name))
    }
    return try product(repeated(self), repeated(other))
  }
}
