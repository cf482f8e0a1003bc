import ApusTensors

/// The gradient of a pooling with respect to its input.
///
/// For a maximum, each window's gradient goes to its largest element, the first in row order of
/// several; for a mean, in equal shares to the elements it counts.
/// - Shapes: maximum: `input: [N, H, W, C]`, `gradient: [N, OH, OW, C]` → `[N, H, W, C]`; average:
///   `gradient` alone, as the input's numbers do not matter.
/// - Derivative: for an average, the pooling itself; for a maximum, that of the decomposition.
public struct Pooling2DGradient: Operation {
  public static let name = "pooling2DGradient"
  public var pooling: Pooling2D
  public var inputShape: Shape

  public init(pooling: Pooling2D, inputShape: Shape) {
    self.pooling = pooling
    self.inputShape = inputShape
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(pooling.kind == .maximum ? 2 : 1, in: Self.name)
    let gradient = try inputs[inputs.count - 1].floatingPoint(in: Self.name)
    let input = TensorType(inputShape, gradient.dataType)
    if pooling.kind == .maximum { _ = try inputs[0].equal(to: input, in: Self.name) }
    let expected = try pooling.outputType(input, in: Self.name)
    guard gradient == expected else {
      throw GraphError(
        Self.name, .shapesDiffer(gradient.shape, expected.shape),
        [
          .init(name: "input", type: input, axes: "batch, height, width, channel"),
          .init(name: "gradient", type: gradient, axes: "batch, height, width, channel"),
        ])
    }
    return [input]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let direction = gradients[0] else { return node.inputs.map { _ in nil } }
    if pooling.kind != .maximum { return [try pooling(direction)] }
    guard let result = try decomposition(of: node.inputs) else { return [nil, nil] }
    let gradient = try gradientsWhereDependent(
      of: result, along: [direction], with: [node.inputs[1]])
    return [nil, gradient[0]]
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let gradient = inputs[inputs.count - 1]
    let shares =
      pooling.kind == .maximum
      ? try maximumShares(inputs[0], gradient)
      : try averageShares(gradient)
    return [try sum(shares, like: gradient.type)]
  }

  /// The part of `gradient` that each element of the window gets.
  private func maximumShares(_ input: Node, _ gradient: Node) throws(GraphError) -> [Node] {
    let maximum = try pooling(input)
    let zero = try Node.filled(0, like: gradient.type)
    var shares: [Node] = []
    var isFound: Node?
    // Padding is never the largest, not where all is −∞ either: NaN equals nothing.
    for window in try pooling.windows(of: input, paddingMaximumWith: .nan) {
      let isMaximum = try window.isEqual(to: maximum)
      let isFirst = try isFound.map { (found) throws(GraphError) in try isMaximum.and(!found) }
      shares.append(try Node.select(isFirst ?? isMaximum, gradient, zero))
      isFound = try isFound?.or(isMaximum) ?? isMaximum
    }
    return shares
  }

  private func averageShares(_ gradient: Node) throws(GraphError) -> [Node] {
    let share = try gradient * pooling.weights(like: TensorType(inputShape, gradient.dataType))
    return [Node](repeating: share, count: pooling.window.height * pooling.window.width)
  }

  /// The shares back in their places in the picture, added up.
  private func sum(_ shares: [Node], like gradient: TensorType) throws(GraphError) -> Node {
    let padding = pooling.padding
    let height = inputShape[1] + padding.top + padding.bottom
    let width = inputShape[2] + padding.left + padding.right
    var total: Node?
    for (index, share) in shares.enumerated() {
      let (row, column) = (index / pooling.window.width, index % pooling.window.width)
      let spread = try share.spread(alongAxis: 1, step: pooling.strides.height)
        .spread(alongAxis: 2, step: pooling.strides.width)
      let placed = try spread.padded(
        before: [0, row, column, 0],
        after: [0, height - row - spread.shape[1], width - column - spread.shape[2], 0])
      total = try total.map { (total) throws(GraphError) in try total + placed } ?? placed
    }
    guard let total else { return try Node.filled(0, like: gradient) }
    return try total.sliced(
      from: [0, padding.top, padding.left, 0],
      to: [
        inputShape[0], padding.top + inputShape[1], padding.left + inputShape[2], inputShape[3],
      ])
  }
}
