import ApusGraph
import ApusTensors

/// A convolution of each channel on its own, then a mix of channels at each point.
///
/// - Shapes: `[batch, height, width, channels]` → `[batch, height′, width′, filters]`.
/// - Learns: `depthwise_kernel: [kernel height, kernel width, channels, multiplier]` and
///   `pointwise_kernel: [1, 1, channels·multiplier, filters]`, Glorot uniform; `bias: [filters]`,
///   zeros.
///
/// Names, shapes and defaults are those of Keras' `SeparableConv2D`.
///
/// Reference: Chollet (2016), "Xception", arXiv:1610.02357.
public struct SeparableConv2D: Layer {
  public var filters: Int
  public var kernel: Size2D
  public var strides: Size2D
  public var padding: PaddingRule
  public var dilations: Size2D
  public var multiplier: Int
  public var activation: Activation
  public var usesBias: Bool
  public var kernelInitializer: Initializer
  public var biasInitializer: Initializer

  public init(
    _ filters: Int, kernel: Size2D, strides: Size2D = 1, padding: PaddingRule = .valid,
    dilations: Size2D = 1, multiplier: Int = 1, activation: Activation = .linear,
    usesBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros
  ) {
    self.filters = filters
    self.kernel = kernel
    self.strides = strides
    self.padding = padding
    self.dilations = dilations
    self.multiplier = multiplier
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireImages(input, in: "separableConv2D")
    try requirePositive(filters, "filters", in: "separableConv2D")
    try requirePositive(multiplier, "multiplier", in: "separableConv2D")
    try requirePositive(kernel, "kernel", in: "separableConv2D")
    let channels = input.shape[3]
    let depthwise = try scope.parameter(
      "depthwise_kernel",
      layerShape([kernel.height, kernel.width, channels, multiplier], in: "separableConv2D"),
      initializer: kernelInitializer)
    let pointwise = try scope.parameter(
      "pointwise_kernel",
      layerShape([1, 1, channels * multiplier, filters], in: "separableConv2D"),
      initializer: kernelInitializer)
    let separate = try input.depthwiseConvolution2D(
      with: depthwise, strides: strides, dilations: dilations, padding: padding)
    var value = try separate.convolution2D(with: pointwise)
    if usesBias {
      value = try value + scope.parameter("bias", [filters], initializer: biasInitializer)
    }
    return try activation(value)
  }
}
