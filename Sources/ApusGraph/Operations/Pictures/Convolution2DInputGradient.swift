import ApusTensors

/// The gradient of a convolution with respect to its input; by itself, a transposed convolution.
///
/// - Shapes: `gradient: [N, OH, OW, O]`, `filter: [KH, KW, C/groups, O]` →
///   `inputShape: [N, H, W, C]`.
/// - Derivative: along `h` shaped as the input, `∂gradient` is the convolution of `h` with the
///   filter, `∂filter` the convolution's filter gradient of `h` and `gradient`.
public struct Convolution2DInputGradient: Operation {
  public static let name = "convolution2DInputGradient"
  public var geometry: ConvolutionGeometry
  public var inputShape: Shape
  /// The result's type, that of the operands unless given; bfloat16 operands may give `float32`.
  public var resultType: DataType?

  public init(
    geometry: ConvolutionGeometry, inputShape: Shape, resultType: DataType? = nil
  ) {
    self.geometry = geometry
    self.inputShape = inputShape
    self.resultType = resultType
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(2, in: Self.name)
    let (gradient, filter) = (inputs[0], inputs[1])
    let expected = try geometry.outputShape(
      input: TensorType(inputShape, gradient.dataType), filter: filter, in: Self.name)
    guard gradient.shape == expected else {
      throw GraphError(
        Self.name, .shapesDiffer(gradient.shape, expected),
        [
          .init(name: "gradient", type: gradient, axes: "batch, height, width, channel"),
          .init(name: "filter", type: filter),
          .init(name: "input", type: TensorType(inputShape, gradient.dataType)),
        ])
    }
    return [TensorType(inputShape, try productType(inputs, resultType, in: Self.name))]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    let (gradient, filter) = (node.inputs[0], node.inputs[1])
    guard let direction = try gradients[0]?.cast(to: filter.dataType) else { return [nil, nil] }
    return [
      try Convolution2D(geometry: geometry)(direction, filter),
      try Convolution2DFilterGradient(geometry: geometry, filterShape: filter.shape)(
        direction, gradient),
    ]
  }
}

extension Node {
  /// The transposed convolution of pictures `[N, H, W, C]` with a filter `[KH, KW, O/groups, C]`.
  ///
  /// Extents are those Keras gives: `extent·stride` with `.same` padding, and at least
  /// `(extent − 1)·stride + reach` with `.valid`, where a filter reaches over
  /// `(K − 1)·dilation + 1`.
  /// - Parameter outputSize: the height and width of the result, of the several a stride allows.
  public func transposedConvolution2D(
    with filter: Node, strides: Size2D = Size2D(1), dilations: Size2D = Size2D(1),
    padding: PaddingRule = .valid, groups: Int = 1, outputSize: Size2D? = nil
  ) throws(GraphError) -> Node {
    let name = "transposedConvolution2D"
    try type.expectRank(4, of: "input", axes: "batch, height, width, channel", in: name)
    try filter.type.expectRank(
      4, of: "filter", axes: "height, width, output channel of a group, input channel", in: name)
    let window = Size2D(height: filter.shape[0], width: filter.shape[1])
    let settings = [strides.height, strides.width, dilations.height, dilations.width, groups]
    let extents = [shape[1], shape[2], window.height, window.width]
    guard settings.allSatisfy({ 1...WindowAxis.limit ~= $0 }),
      extents.allSatisfy({ 1...Int(Int32.max) ~= $0 })
    else {
      throw GraphError(
        name, .setting("strides, dilations, groups and extents must be positive"),
        [.init(name: "input", type: type), .init(name: "filter", type: filter.type)])
    }
    let given: Padding2D = if case .explicit(let padding) = padding { padding } else { .none }
    let size =
      outputSize
      ?? Size2D(
        height: padding.transposedExtent(
          shape[1], window.height, strides.height, dilations.height, given.top &+ given.bottom),
        width: padding.transposedExtent(
          shape[2], window.width, strides.width, dilations.width, given.left &+ given.right))
    let (channels, overflow) = filter.shape[2].multipliedReportingOverflow(by: groups)
    let result = try TensorType.checked(
      [shape[0], size.height, size.width, overflow ? -1 : channels], dataType, in: name)
    let geometry = ConvolutionGeometry(
      strides: strides, dilations: dilations,
      padding: padding.padding(
        input: size, window: window, strides: strides, dilations: dilations),
      groups: groups)
    return try Convolution2DInputGradient(geometry: geometry, inputShape: result.shape)(
      self, filter)
  }
}

extension PaddingRule {
  /// The extent a transposed convolution gives along one axis.
  fileprivate func transposedExtent(
    _ extent: Int, _ window: Int, _ stride: Int, _ dilation: Int, _ padding: Int
  ) -> Int {
    let reach = (window - 1) * dilation + 1
    return switch self {
    case .same: extent * stride
    case .valid: extent * stride + max(reach - stride, 0)
    case .explicit: (extent - 1) * stride + reach &- padding
    }
  }
}
