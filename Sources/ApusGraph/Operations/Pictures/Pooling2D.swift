import ApusTensors

/// The maximum or mean of the elements under a window that slides over pictures.
///
/// - Shapes: `input: [N, H, W, C]` → `[N, OH, OW, C]` with
///   `OH = ⌊(H + top + bottom − window) / stride⌋ + 1`.
/// - Derivative: ``Pooling2DGradient``.
public struct Pooling2D: Operation {
  public static let name = "pooling2D"
  public var kind: Kind
  public var window: Size2D
  public var strides: Size2D
  public var padding: Padding2D

  /// What becomes of the elements under the window.
  public enum Kind: Hashable, Sendable {
    /// The largest; padding is never it.
    case maximum
    /// The mean, over the elements inside the picture alone or over the padding's zeros too.
    case average(countsPadding: Bool)
  }

  public init(kind: Kind, window: Size2D, strides: Size2D, padding: Padding2D = .none) {
    self.kind = kind
    self.window = window
    self.strides = strides
    self.padding = padding
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name).floatingPoint(in: Self.name)
    return [try outputType(input, in: Self.name)]
  }

  /// The type of the output for an input, or the error that says why there is none.
  func outputType(_ input: TensorType, in operation: String) throws(GraphError) -> TensorType {
    let axes = "batch, height, width, channel"
    try input.expectRank(4, of: "input", axes: axes, in: operation)
    let operands = [GraphError.Operand(name: "input", type: input, axes: axes)]
    guard max(padding.top, padding.bottom) < window.height,
      max(padding.left, padding.right) < window.width
    else {
      throw GraphError(
        operation,
        .setting("padding must be smaller than the window, which would see nothing else"),
        operands)
    }
    let rows = WindowAxis(
      extent: input.shape[1], window: window.height, stride: strides.height, dilation: 1,
      before: padding.top, after: padding.bottom)
    let columns = WindowAxis(
      extent: input.shape[2], window: window.width, stride: strides.width, dilation: 1,
      before: padding.left, after: padding.right)
    guard input.shape[1] > 0, input.shape[2] > 0 else {
      throw GraphError(operation, .setting("a picture without elements has no windows"), operands)
    }
    let height = try rows.positions("height", in: operation, operands)
    let width = try columns.positions("width", in: operation, operands)
    return try .checked(
      [input.shape[0], height, width, input.shape[3]], input.dataType, in: operation)
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil] }
    let input = node.inputs[0]
    let operation = Pooling2DGradient(pooling: self, inputShape: input.shape)
    return [
      kind == .maximum ? try operation(input, gradient) : try operation(gradient)
    ]
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let positions = try windows(of: inputs[0])
    var result = positions[0]
    for position in positions.dropFirst() {
      result = try kind == .maximum ? Node.maximum(result, position) : result + position
    }
    if kind == .maximum { return [result] }
    return [try result * weights(like: inputs[0].type)]
  }

  /// For each element of the window what it sees at every position: slices of the padded input.
  ///
  /// - Parameter value: what the padding of a maximum holds.
  func windows(
    of input: Node, paddingMaximumWith value: Double = -.infinity
  ) throws(GraphError) -> [Node] {
    let output = try outputType(input.type, in: Self.name).shape
    let padded = try input.padded(
      before: [0, padding.top, padding.left, 0], after: [0, padding.bottom, padding.right, 0],
      with: kind == .maximum ? value : 0)
    var slices: [Node] = []
    for row in 0..<window.height {
      for column in 0..<window.width {
        let (lastRow, lastColumn) = (
          row + (output[1] - 1) * strides.height, column + (output[2] - 1) * strides.width
        )
        slices.append(
          try padded.sliced(
            from: [0, row, column, 0],
            to: [input.shape[0], lastRow + 1, lastColumn + 1, input.shape[3]],
            by: [1, strides.height, strides.width, 1]))
      }
    }
    return slices
  }

  /// One over the number of elements each position of an average counts, as `[1, OH, OW, 1]`.
  func weights(like input: TensorType) throws(GraphError) -> Node {
    let output = try outputType(input, in: Self.name).shape
    func counts(_ positions: Int, _ extent: Int, _ window: Int, _ stride: Int, _ before: Int)
      -> [Double]
    {
      (0..<positions).map { position in
        let start = position * stride - before
        return kind == .average(countsPadding: true)
          ? Double(window) : Double(min(start + window, extent) - max(start, 0))
      }
    }
    let rows = counts(output[1], input.shape[1], window.height, strides.height, padding.top)
    let columns = counts(output[2], input.shape[2], window.width, strides.width, padding.left)
    let weights = rows.flatMap { row in columns.map { 1 / (row * $0) } }
    let shape: Shape = [1, output[1], output[2], 1]
    return try Node.constant(Tensor(weights, shape: shape)).cast(to: input.dataType)
  }
}

extension Node {
  /// The largest element under each position of a window.
  ///
  /// - Parameter strides: the distance between positions, the window's size unless given.
  public func maximumPooling2D(
    window: Size2D, strides: Size2D? = nil, padding: PaddingRule = .valid
  ) throws(GraphError) -> Node {
    try pooled(.maximum, window, strides, padding)
  }

  /// The mean of the elements under each position of a window.
  ///
  /// - Parameters:
  ///   - strides: the distance between positions, the window's size unless given.
  ///   - countsPadding: whether the padding's zeros are counted, as PyTorch does and Keras does
  ///     not.
  public func averagePooling2D(
    window: Size2D, strides: Size2D? = nil, padding: PaddingRule = .valid,
    countsPadding: Bool = false
  ) throws(GraphError) -> Node {
    try pooled(.average(countsPadding: countsPadding), window, strides, padding)
  }

  private func pooled(
    _ kind: Pooling2D.Kind, _ window: Size2D, _ strides: Size2D?, _ rule: PaddingRule
  ) throws(GraphError) -> Node {
    let strides = strides ?? window
    var pooling = Pooling2D(kind: kind, window: window, strides: strides)
    if shape.rank == 4 {
      pooling.padding = rule.padding(
        input: Size2D(height: shape[1], width: shape[2]), window: window, strides: strides,
        dilations: Size2D(1))
    }
    return try pooling(self)
  }
}
