import ApusGraph
import ApusLayers
import ApusTensors

/// Xception, layer by layer as Keras builds it.
///
/// Two convolutions, then thirteen blocks of separable convolutions, each followed by batch
/// normalization (ε = 10⁻³, momentum 0.99). Blocks 2 to 4 and 13 end in a maximum over 3×3 at stride
/// 2 and are added to a strided 1×1 convolution of their input, blocks 5 to 12 are added to their
/// input itself.
///
/// For fine-tuning, blocks before ``firstTrainableBlock`` are called in a frozen scope
/// (``Scope/frozen``): their weights and running statistics stay as they are, no gradient is
/// computed for them, and in a training step they cost what they cost in inference.
///
/// - Shapes: `[batch, height, width, channels]` → logits `[batch, classes]`; without top
///   `[batch, f(height), f(width), 2048]`, `f(n) = ⌈(⌊(n − 3) / 2⌋ − 1) / 16⌉`. Keras' classifier ends
///   in a softmax, this one in logits.
/// - Learns: `block1_conv1/kernel`, `block1_conv1_bn/gamma`, …,
///   `block14_sepconv2/pointwise_kernel`, …, `predictions/kernel`, `predictions/bias`, named and
///   shaped as Keras' weights; the shortcuts are `conv2d`, `conv2d_1` … `conv2d_3` and
///   `batch_normalization` … `batch_normalization_3`, as in a fresh Keras session.
///
/// Reference: Chollet (2016), "Xception: deep learning with depthwise separable convolutions",
/// arXiv:1610.02357.
public struct Xception: Layer {
  public var classes: Int
  public var includesTop: Bool
  /// The first block that is trained, of ``blocks``; those before it are frozen.
  ///
  /// The classifier is always trained.
  public var firstTrainableBlock: Int

  /// The numbers of the blocks; one more than the last, for ``firstTrainableBlock``, freezes all.
  public static let blocks = 1...14

  public init(classes: Int = 1000, includesTop: Bool = true, firstTrainableBlock: Int = 1) {
    self.classes = classes
    self.includesTop = includesTop
    self.firstTrainableBlock = firstTrainableBlock
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try check(input)
    var value = try entry(input, in: placed(1, in: scope))
    let downward = [(2, 128, 128), (3, 256, 256), (4, 728, 728)]
    for (index, (block, first, second)) in downward.enumerated() {
      value = try narrowing(
        value, block, filters: (first, second), shortcut: index,
        in: placed(block, in: scope))
    }
    for block in 5...12 { value = try middle(value, block, in: placed(block, in: scope)) }
    value = try narrowing(
      value, 13, filters: (728, 1024), shortcut: 3, in: placed(13, in: scope))
    value = try exit(value, in: placed(14, in: scope))
    return includesTop ? try classify(value, in: scope) : value
  }

  private func check(_ input: Node) throws(GraphError) {
    guard Self.blocks.lowerBound...Self.blocks.upperBound + 1 ~= firstTrainableBlock else {
      throw GraphError(
        "xception",
        .setting("the first block to train must be in 1...15, got \(firstTrainableBlock)"))
    }
    guard input.shape.rank == 4 else {
      throw GraphError(
        "xception", .rank(expected: "4", actual: input.shape.rank),
        [.init(name: "input", type: input.type, axes: "batch, height, width, channel")])
    }
  }

  /// The scope of a block, frozen where the block is not trained.
  private func placed(_ block: Int, in scope: Scope) -> Scope {
    block < firstTrainableBlock ? scope.frozen : scope
  }

  /// Block 1: two plain convolutions.
  private func entry(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let layers = [(1, 32, 2), (2, 64, 1)]
    var value = input
    for (number, filters, stride) in layers {
      let name = "block1_conv\(number)"
      let convolution = Conv2D(filters, kernel: 3, strides: Size2D(stride), usesBias: false)
      value = try scope.apply(convolution, named: name, to: value)
      value = try scope.apply(BatchNorm(), named: "\(name)_bn", to: value)
      value = try scope.apply(Activation.relu, named: "\(name)_act", to: value)
    }
    return value
  }

  /// Two separable convolutions and a maximum at stride 2, beside a strided shortcut.
  private func narrowing(
    _ input: Node, _ block: Int, filters: (Int, Int), shortcut: Int, in scope: Scope
  ) throws(GraphError) -> Node {
    let suffix = shortcut == 0 ? "" : "_\(shortcut)"
    let projection = Conv2D(filters.1, kernel: 1, strides: 2, padding: .same, usesBias: false)
    var kept = try scope.apply(projection, named: "conv2d" + suffix, to: input)
    kept = try scope.apply(BatchNorm(), named: "batch_normalization" + suffix, to: kept)
    // Block 1 ends in an activation already.
    var value = try separable(input, block, 1, filters.0, isActivated: block > 2, in: scope)
    value = try separable(value, block, 2, filters.1, in: scope)
    let pool = MaxPooling2D(3, strides: 2, padding: .same)
    value = try scope.apply(pool, named: "block\(block)_pool", to: value)
    return try value + kept
  }

  /// Three separable convolutions beside their input.
  private func middle(_ input: Node, _ block: Int, in scope: Scope) throws(GraphError) -> Node {
    var value = input
    for number in 1...3 {
      value = try separable(value, block, number, input.shape[3], in: scope)
    }
    return try value + input
  }

  /// Block 14: two separable convolutions, each with its activation behind it.
  private func exit(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    var value = input
    for (number, filters) in [(1, 1536), (2, 2048)] {
      value = try separable(value, 14, number, filters, isActivated: false, in: scope)
      value = try scope.apply(
        Activation.relu, named: "block14_sepconv\(number)_act", to: value)
    }
    return value
  }

  /// An activation, a separable convolution and its normalization.
  private func separable(
    _ input: Node, _ block: Int, _ number: Int, _ filters: Int, isActivated: Bool = true,
    in scope: Scope
  ) throws(GraphError) -> Node {
    let name = "block\(block)_sepconv\(number)"
    var value = input
    if isActivated { value = try scope.apply(Activation.relu, named: "\(name)_act", to: value) }
    let convolution = SeparableConv2D(filters, kernel: 3, padding: .same, usesBias: false)
    value = try scope.apply(convolution, named: name, to: value)
    return try scope.apply(BatchNorm(), named: "\(name)_bn", to: value)
  }

  private func classify(_ features: Node, in scope: Scope) throws(GraphError) -> Node {
    let means = try scope.apply(GlobalAveragePooling2D(), named: "avg_pool", to: features)
    return try scope.apply(Dense(classes), named: "predictions", to: means)
  }
}
