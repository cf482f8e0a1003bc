import ApusTensors

/// The convolution (cross-correlation) of pictures with filters.
///
/// `y[n, i, j, o] = Σ x[n, i·s + k·d − top, j·s + l·d − left, c]·w[k, l, c, o]` over the filter's
/// rows `k`, columns `l` and the input channels `c` of the group of `o`; outside the picture `x` is
/// zero. A depthwise convolution has as many groups as input channels; output channel `c·m + j` is
/// the `j`-th of the `m` that channel `c` gives.
/// - Shapes: `input: [N, H, W, C]`, `filter: [KH, KW, C/groups, O]` → `[N, OH, OW, O]`.
/// - Derivative: ``Convolution2DInputGradient`` and ``Convolution2DFilterGradient``; the three are
///   closed under derivatives of any order.
public struct Convolution2D: Operation {
  public static let name = "convolution2D"
  public var geometry: ConvolutionGeometry
  /// The result's type, that of the operands unless given; bfloat16 operands may give `float32`.
  public var resultType: DataType?

  public init(geometry: ConvolutionGeometry, resultType: DataType? = nil) {
    self.geometry = geometry
    self.resultType = resultType
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(2, in: Self.name)
    let shape = try geometry.outputShape(input: inputs[0], filter: inputs[1], in: Self.name)
    return [TensorType(shape, try productType(inputs, resultType, in: Self.name))]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    let (input, filter) = (node.inputs[0], node.inputs[1])
    guard let gradient = try gradients[0]?.cast(to: input.dataType) else { return [nil, nil] }
    return [
      try Convolution2DInputGradient(geometry: geometry, inputShape: input.shape)(gradient, filter),
      try Convolution2DFilterGradient(geometry: geometry, filterShape: filter.shape)(
        input, gradient),
    ]
  }
}

extension Node {
  /// The convolution of pictures `[N, H, W, C]` with a filter `[KH, KW, C/groups, O]`.
  public func convolution2D(
    with filter: Node, strides: Size2D = Size2D(1), dilations: Size2D = Size2D(1),
    padding: PaddingRule = .valid, groups: Int = 1
  ) throws(GraphError) -> Node {
    var geometry = ConvolutionGeometry(strides: strides, dilations: dilations, groups: groups)
    if shape.rank == 4, filter.shape.rank == 4 {
      geometry.padding = padding.padding(
        input: Size2D(height: shape[1], width: shape[2]),
        window: Size2D(height: filter.shape[0], width: filter.shape[1]), strides: strides,
        dilations: dilations)
    }
    return try Convolution2D(geometry: geometry)(self, filter)
  }

  /// The convolution of each channel by itself with a filter `[KH, KW, C, M]`, giving `M` each.
  public func depthwiseConvolution2D(
    with filter: Node, strides: Size2D = Size2D(1), dilations: Size2D = Size2D(1),
    padding: PaddingRule = .valid
  ) throws(GraphError) -> Node {
    try filter.type.expectRank(
      4, of: "filter", axes: "height, width, channel, multiplier", in: "depthwiseConvolution2D")
    let extents = filter.shape.extents
    let outputs = extents[2].multipliedReportingOverflow(by: extents[3]).partialValue
    let grouped = try filter.reshaped(to: [extents[0], extents[1], 1, outputs])
    return try convolution2D(
      with: grouped, strides: strides, dilations: dilations, padding: padding, groups: extents[2])
  }
}
