import ApusGraph
import ApusTensors

/// The transpose of a convolution: it makes pictures larger by its strides.
///
/// - Shapes: `[batch, height, width, channels]` → `[batch, height′, width′, filters]`, with
///   `height′ = height·stride` for `.same` and `height·stride + max(reach − stride, 0)` for
///   `.valid`, where the kernel reaches over `(kernel − 1)·dilation + 1` rows.
/// - Learns: `kernel: [kernel height, kernel width, filters, channels]`, Glorot uniform;
///   `bias: [filters]`, zeros.
///
/// Names, shapes and defaults are those of Keras' `Conv2DTranspose`.
///
/// Reference: Dumoulin, Visin (2016), "A guide to convolution arithmetic", arXiv:1603.07285.
public struct TransposedConv2D: Layer {
  public var filters: Int
  public var kernel: Size2D
  public var strides: Size2D
  public var padding: PaddingRule
  public var dilations: Size2D
  public var activation: Activation
  public var usesBias: Bool
  public var kernelInitializer: Initializer
  public var biasInitializer: Initializer

  public init(
    _ filters: Int, kernel: Size2D, strides: Size2D = 1, padding: PaddingRule = .valid,
    dilations: Size2D = 1, activation: Activation = .linear, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros
  ) {
    self.filters = filters
    self.kernel = kernel
    self.strides = strides
    self.padding = padding
    self.dilations = dilations
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireImages(input, in: "transposedConv2D")
    try requirePositive(filters, "filters", in: "transposedConv2D")
    try requirePositive(kernel, "kernel", in: "transposedConv2D")
    let shape = try layerShape(
      [kernel.height, kernel.width, filters, input.shape[3]], in: "transposedConv2D")
    let filter = try scope.parameter("kernel", shape, initializer: kernelInitializer)
    var value = try input.transposedConvolution2D(
      with: filter, strides: strides, dilations: dilations, padding: padding)
    if usesBias {
      value = try value + scope.parameter("bias", [filters], initializer: biasInitializer)
    }
    return try activation(value)
  }
}
