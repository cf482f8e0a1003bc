import ApusTensors

/// The gradient of a convolution with respect to its filter.
///
/// - Shapes: `input: [N, H, W, C]`, `gradient: [N, OH, OW, O]` →
///   `filterShape: [KH, KW, C/groups, O]`.
/// - Derivative: along `h` shaped as the filter, `∂input` is the convolution's input gradient of
///   `gradient` with the filter `h`, `∂gradient` the convolution of `input` with `h`.
public struct Convolution2DFilterGradient: Operation {
  public static let name = "convolution2DFilterGradient"
  public var geometry: ConvolutionGeometry
  public var filterShape: Shape
  /// The result's type, that of the operands unless given; bfloat16 operands may give `float32`.
  public var resultType: DataType?

  public init(
    geometry: ConvolutionGeometry, filterShape: Shape, resultType: DataType? = nil
  ) {
    self.geometry = geometry
    self.filterShape = filterShape
    self.resultType = resultType
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(2, in: Self.name)
    let (input, gradient) = (inputs[0], inputs[1])
    let expected = try geometry.outputShape(
      input: input, filter: TensorType(filterShape, input.dataType), in: Self.name)
    guard gradient.shape == expected else {
      throw GraphError(
        Self.name, .shapesDiffer(gradient.shape, expected),
        [
          .init(name: "input", type: input, axes: "batch, height, width, channel"),
          .init(name: "gradient", type: gradient, axes: "batch, height, width, channel"),
          .init(name: "filter", type: TensorType(filterShape, input.dataType)),
        ])
    }
    return [TensorType(filterShape, try productType(inputs, resultType, in: Self.name))]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    let (input, gradient) = (node.inputs[0], node.inputs[1])
    guard let direction = try gradients[0]?.cast(to: input.dataType) else { return [nil, nil] }
    return [
      try Convolution2DInputGradient(geometry: geometry, inputShape: input.shape)(
        gradient, direction),
      try Convolution2D(geometry: geometry)(input, direction),
    ]
  }
}
