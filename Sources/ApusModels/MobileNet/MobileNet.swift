import ApusGraph
import ApusLayers
import ApusTensors

/// MobileNet v1, layer by layer as Keras builds it.
///
/// A 3×3 convolution, then thirteen pairs of a depthwise and a pointwise convolution, each followed
/// by batch normalization (ε = 10⁻³, momentum 0.99) and ReLU6. Layers of stride 2 after the first
/// pad one row below and one column to the right. Where only one pixel is left before such a layer
/// (inputs below 32 × 32), which Keras refuses, it is padded on all four sides.
///
/// - Shapes: `[batch, height, width, channels]` → logits `[batch, classes]`; without top
///   `[batch, height′, width′, 1024·α]`. Keras' classifier ends in a softmax, this one in logits.
/// - Learns: `conv1/kernel`, `conv1_bn/gamma`, …, `conv_dw_13/depthwise_kernel`,
///   `conv_pw_13/kernel`, …, `conv_preds/kernel`, `conv_preds/bias`, named and shaped as Keras'
///   weights.
///
/// Reference: Howard et al. (2017), "MobileNets", arXiv:1704.04861.
public struct MobileNet: Layer {
  /// `α`: every layer has `int(α·filters)` filters.
  public var alpha: Double
  public var classes: Int
  public var includesTop: Bool
  /// The rate of the dropout before the classifier.
  public var dropout: Double
  /// Whether depthwise kernels, and pointwise ones with as many filters as channels, begin as sums of Keras'
  /// first weights and the identity, so that what a layer is given reaches the next one.
  public var startsNearIdentity: Bool

  public init(
    alpha: Double = 1, classes: Int = 1000, includesTop: Bool = true, dropout: Double = 1e-3,
    startsNearIdentity: Bool = false
  ) {
    self.alpha = alpha
    self.classes = classes
    self.includesTop = includesTop
    self.dropout = dropout
    self.startsNearIdentity = startsNearIdentity
  }

  /// The name of the last convolution, the classifier.
  public static let classifierName = "conv_preds"

  /// Filters and stride of each depthwise-pointwise pair, for `α = 1`.
  private static let blocks: [(filters: Int, stride: Int)] = [
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
  ]

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let value = try convolve(input, in: scope)
    return includesTop ? try classify(pool(value, in: scope), in: scope) : value
  }

  /// What the classifier is given for images, `[batch, 1024·α]`, and the logits it gives for that.
  package func featuresAndLogits(
    _ input: Node, in scope: Scope
  ) throws(GraphError) -> (features: Node, logits: Node) {
    let pooled = try pool(convolve(input, in: scope), in: scope)
    let features = try pooled.reshaped(to: [pooled.shape[0], pooled.shape[3]])
    return (features, try classify(pooled, in: scope))
  }

  private func convolve(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    guard alpha.isFinite, alpha < 1024, scaled(32) > 0 else {
      throw GraphError("mobileNet", .setting("α must be in 1/32 ..< 1024, got \(alpha)"))
    }
    guard input.shape.rank == 4 else {
      throw GraphError(
        "mobileNet", .rank(expected: "4", actual: input.shape.rank),
        [.init(name: "input", type: input.type, axes: "batch, height, width, channel")])
    }
    let first = Conv2D(scaled(32), kernel: 3, strides: 2, padding: .same, usesBias: false)
    var value = try scope.apply(first, named: "conv1", to: input)
    value = try normalize(value, after: "conv1", in: scope)
    for (index, block) in Self.blocks.enumerated() {
      value = try pair(
        value, number: index + 1, filters: scaled(block.filters), stride: block.stride, in: scope)
    }
    return value
  }

  private func scaled(_ filters: Int) -> Int { Int(Double(filters) * alpha) }

  private func normalize(
    _ value: Node, after name: String, in scope: Scope
  ) throws(GraphError) -> Node {
    let normalized = try scope.apply(BatchNorm(), named: "\(name)_bn", to: value)
    return try scope.apply(Activation.relu6, named: "\(name)_relu", to: normalized)
  }

  private func pair(
    _ input: Node, number: Int, filters: Int, stride: Int, in scope: Scope
  ) throws(GraphError) -> Node {
    var value = input
    if stride == 2 {
      let single = min(input.shape[1], input.shape[2]) == 1
      let padding = single ? ZeroPadding2D(1) : ZeroPadding2D(bottom: 1, right: 1)
      value = try scope.apply(padding, named: "conv_pad_\(number)", to: value)
    }
    let depthwise = DepthwiseConv2D(
      kernel: 3, strides: Size2D(stride), padding: stride == 1 ? .same : .valid,
      usesBias: false,
      kernelInitializer: startsNearIdentity
        ? .glorotUniformNearIdentity(isDepthwise: true) : .glorotUniform)
    value = try scope.apply(depthwise, named: "conv_dw_\(number)", to: value)
    value = try normalize(value, after: "conv_dw_\(number)", in: scope)
    let pointwise = Conv2D(
      filters, kernel: 1, padding: .same, usesBias: false,
      kernelInitializer: startsNearIdentity && filters == value.shape[3]
        ? .glorotUniformNearIdentity() : .glorotUniform)
    value = try scope.apply(pointwise, named: "conv_pw_\(number)", to: value)
    return try normalize(value, after: "conv_pw_\(number)", in: scope)
  }

  private func pool(_ value: Node, in scope: Scope) throws(GraphError) -> Node {
    let pooling = GlobalAveragePooling2D(keepsAxes: true)
    return try scope.apply(pooling, named: "global_average_pooling2d", to: value)
  }

  private func classify(_ pooled: Node, in scope: Scope) throws(GraphError) -> Node {
    let top = Sequential {
      ApusLayers.Dropout(dropout).named("dropout")
      Conv2D(classes, kernel: 1, padding: .same).named(Self.classifierName)
      ApusLayers.Reshape([classes]).named("reshape_2")
    }
    return try top(pooled, in: scope)
  }
}
