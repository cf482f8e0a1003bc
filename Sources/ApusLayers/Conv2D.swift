import ApusGraph
import ApusTensors

/// A convolution over height and width, `y = activation(x ∗ W + b)`.
///
/// - Shapes: `[batch, height, width, channels]` → `[batch, height′, width′, filters]`.
/// - Learns: `kernel: [kernel height, kernel width, channels / groups, filters]`, Glorot uniform;
///   `bias: [filters]`, zeros.
///
/// Names, shapes and defaults are those of Keras' `Conv2D`; `.same` pads by TensorFlow's rule.
public struct Conv2D: Layer {
  public var filters: Int
  public var kernel: Size2D
  public var strides: Size2D
  public var padding: PaddingRule
  public var dilations: Size2D
  public var groups: Int
  public var activation: Activation
  public var usesBias: Bool
  public var kernelInitializer: Initializer
  public var biasInitializer: Initializer

  public init(
    _ filters: Int, kernel: Size2D, strides: Size2D = 1, padding: PaddingRule = .valid,
    dilations: Size2D = 1, groups: Int = 1, activation: Activation = .linear,
    usesBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros
  ) {
    self.filters = filters
    self.kernel = kernel
    self.strides = strides
    self.padding = padding
    self.dilations = dilations
    self.groups = groups
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireImages(input, in: "conv2D")
    try requirePositive(filters, "filters", in: "conv2D")
    try requirePositive(groups, "groups", in: "conv2D")
    try requirePositive(kernel, "kernel", in: "conv2D")
    let channels = input.shape[3]
    guard channels.isMultiple(of: groups), filters.isMultiple(of: groups) else {
      throw GraphError(
        "conv2D",
        .setting("\(groups) groups do not divide \(channels) channels and \(filters) filters"))
    }
    let filter = try scope.parameter(
      "kernel",
      layerShape([kernel.height, kernel.width, channels / groups, filters], in: "conv2D"),
      initializer: kernelInitializer)
    var value = try input.convolution2D(
      with: filter, strides: strides, dilations: dilations, padding: padding, groups: groups)
    if usesBias {
      value = try value + scope.parameter("bias", [filters], initializer: biasInitializer)
    }
    return try activation(value)
  }
}
