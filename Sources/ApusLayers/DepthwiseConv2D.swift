import ApusGraph
import ApusTensors

/// A convolution of each channel on its own.
///
/// Channel `c` gives the outputs `c·multiplier ..< (c + 1)·multiplier`.
///
/// - Shapes: `[batch, height, width, channels]` → `[batch, height′, width′, channels·multiplier]`.
/// - Learns: `depthwise_kernel: [kernel height, kernel width, channels, multiplier]`, Glorot
///   uniform; `bias: [channels·multiplier]`, zeros.
///
/// Names, shapes and defaults are those of Keras' `DepthwiseConv2D`.
public struct DepthwiseConv2D: Layer {
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
    kernel: Size2D, strides: Size2D = 1, padding: PaddingRule = .valid,
    dilations: Size2D = 1, multiplier: Int = 1, activation: Activation = .linear,
    usesBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros
  ) {
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
    try requireImages(input, in: "depthwiseConv2D")
    try requirePositive(multiplier, "multiplier", in: "depthwiseConv2D")
    try requirePositive(kernel, "kernel", in: "depthwiseConv2D")
    let channels = input.shape[3]
    let filter = try scope.parameter(
      "depthwise_kernel",
      layerShape([kernel.height, kernel.width, channels, multiplier], in: "depthwiseConv2D"),
      initializer: kernelInitializer)
    var value = try input.depthwiseConvolution2D(
      with: filter, strides: strides, dilations: dilations, padding: padding)
    if usesBias {
      value =
        try value
        + scope.parameter("bias", [channels * multiplier], initializer: biasInitializer)
    }
    return try activation(value)
  }
}
