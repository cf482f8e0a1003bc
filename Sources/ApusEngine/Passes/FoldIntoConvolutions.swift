import ApusGraph
import ApusKernels
import ApusTensors

extension Computation {
  /// The computation with scales, shifts, sums and clips beside convolutions folded into them, as
  /// ``BiasedConvolution2D``.
  ///
  /// Batch normalization with running statistics is a scale and a shift of each channel: the scale
  /// goes into the filter, `(x ∗ w)·s = x ∗ (w·s)`, the shift, a residual sum and the activation
  /// into the product's epilogue. An activation in front of a depthwise convolution is applied where
  /// that loads its input. A value that anything else reads, such as a gradient, stays as it is.
  /// Epilogues of products turn NaN into a bound of their clip.
  func foldingIntoConvolutions() throws -> Computation {
    let folding = ConvolutionFolding(self)
    return try GraphRewriter.rewrite(self) { try folding.replacement(of: $0, $1).map { [$0] } }
  }
}

private struct ConvolutionFolding {
  private let consumers: [Node: [Application]]
  private let results: Set<Node>

  init(_ computation: Computation) {
    consumers = computation.consumers()
    results = Set(computation.results)
  }

  func replacement(of application: Application, _ inputs: [Node]) throws -> Node? {
    switch application.operation {
    case is Multiply: try scaled(application, inputs)
    case is Add: try shifted(application, inputs) ?? summed(application, inputs)
    case let clip as Clip: try clipped(clip, application, inputs)
    case let convolution as Convolution2D: try activated(convolution, application, inputs)
    default: nil
    }
  }

  /// `(x ∗ w + b)·s` as `x ∗ (w·s) + b·s`.
  private func scaled(_ application: Application, _ inputs: [Node]) throws -> Node? {
    for place in 0...1 {
      guard let product = product(application, inputs, place), !product.hasAddend,
        let factor = inputs[1 - place].perChannel(of: product.channels)
      else { continue }
      return try product.scaled(by: factor)
    }
    return nil
  }

  /// `(x ∗ w + b) + c` as `x ∗ w + (b + c)`.
  private func shifted(_ application: Application, _ inputs: [Node]) throws -> Node? {
    for place in 0...1 {
      guard let product = product(application, inputs, place),
        let shift = inputs[1 - place].perChannel(of: product.channels)
      else { continue }
      return try product.shifted(by: shift)
    }
    return nil
  }

  /// `(x ∗ w + b) + y` with `y` as the addend; of two products the one that runs later takes it.
  private func summed(_ application: Application, _ inputs: [Node]) throws -> Node? {
    let places = inputs[0].application.number > inputs[1].application.number ? [0, 1] : [1, 0]
    for place in places {
      guard let product = product(application, inputs, place), product.takesAddend,
        inputs[1 - place] != inputs[place]
      else { continue }
      return try product.adding(inputs[1 - place])
    }
    return nil
  }

  private func clipped(
    _ clip: Clip, _ application: Application, _ inputs: [Node]
  ) throws -> Node? {
    try product(application, inputs, 0)?.clipped(to: ClipBounds(clip))
  }

  /// A depthwise convolution that clips its input itself, where no other operation needs the
  /// clipped value; one with nothing to clip, where a convolution alone reads its result.
  private func activated(
    _ convolution: Convolution2D, _ application: Application, _ inputs: [Node]
  ) throws -> Node? {
    guard let product = FoldedProduct(application, inputs), product.isDepthwise else { return nil }
    guard let clip = inputs[0].operation as? Clip else {
      let (result, readers) = (Node(application), consumers[Node(application)] ?? [])
      let isInner = readers.count == 1 && readers[0].operation is Convolution2D
      return isInner && !results.contains(result)
        ? try product.clippingInput(inputs[0], to: .none) : nil
    }
    guard !results.contains(application.inputs[0]),
      consumers[application.inputs[0]]?.allSatisfy({ reader in
        reader.operation is Convolution2D && reader.inputs[0] == application.inputs[0]
          && FoldedProduct(reader, reader.inputs)?.isDepthwise == true
      }) == true
    else { return nil }
    return try product.clippingInput(inputs[0].inputs[0], to: ClipBounds(clip))
  }

  /// The convolution that `application` reads at `place`, where nothing else reads it and its
  /// result is not clipped yet.
  private func product(
    _ application: Application, _ inputs: [Node], _ place: Int
  ) -> FoldedProduct? {
    let original = application.inputs[place]
    guard consumers[original]?.count == 1, !results.contains(original),
      let product = FoldedProduct(inputs[place].application, inputs[place].inputs),
      product.operation.clip == .none
    else { return nil }
    return product
  }
}

/// A convolution, folded already or not, and its operands.
private struct FoldedProduct {
  var operation: BiasedConvolution2D
  let inputs: [Node]
  let channels: Int
  let isDepthwise: Bool
  private let output: TensorType

  /// Nil where `application` is no convolution of float32 numbers or there are no sound kernels:
  /// oneDNN (2.6.3) loses sums and biases of dense ones where a window sees nothing but padding.
  init?(_ application: Application, _ inputs: [Node]) {
    switch application.operation {
    case let folded as BiasedConvolution2D: operation = folded
    case let plain as Convolution2D: operation = BiasedConvolution2D(geometry: plain.geometry)
    default: return nil
    }
    guard inputs.allSatisfy({ $0.dataType == .float32 }) else { return nil }
    self.inputs = inputs
    output = application.types[0]
    channels = output.shape[3]
    isDepthwise = operation.geometry.isSmallDepthwise(
      input: inputs[0].shape, filter: inputs[1].shape)
    let isSound =
      operation.geometry.groups == 1
      && operation.geometry.everyWindowSeesThePicture(
        input: inputs[0].shape, filter: inputs[1].shape, output: output.shape)
    guard isDepthwise || isSound, output.count > 0 else { return nil }
  }

  var hasAddend: Bool { operation.hasAddend }

  /// Whether an addend can be summed in place.
  var takesAddend: Bool { !hasAddend && !isDepthwise }

  private var bias: Node? { inputs.count > 2 ? inputs[2] : nil }

  private func made(
    _ operation: BiasedConvolution2D, filter: Node? = nil, bias: Node?, input: Node? = nil,
    addend: Node? = nil
  ) throws -> Node {
    let bias = try bias ?? .constant(Tensor(zeros: TensorType([channels])))
    var operands = [input ?? inputs[0], filter ?? inputs[1], bias]
    if let addend = addend ?? (inputs.count > 3 ? inputs[3] : nil) { operands.append(addend) }
    return Node(try Application(operation, operands))
  }

  func scaled(by factor: Node) throws -> Node {
    try made(operation, filter: inputs[1] * factor, bias: bias.map { try $0 * factor })
  }

  func shifted(by shift: Node) throws -> Node {
    try made(operation, bias: bias.map { try $0 + shift } ?? shift)
  }

  func adding(_ addend: Node) throws -> Node {
    var summing = operation
    summing.hasAddend = true
    return try made(summing, bias: bias, addend: addend)
  }

  func clipped(to bounds: ClipBounds) throws -> Node {
    var clipping = operation
    clipping.clip = bounds
    return try made(clipping, bias: bias)
  }

  func clippingInput(_ input: Node, to bounds: ClipBounds) throws -> Node {
    var clipping = operation
    clipping.inputClip = bounds
    return try made(clipping, bias: bias, input: input)
  }
}

extension Node {
  /// The vector `[channels]` that this value repeats for every pixel; nil where it is something
  /// else.
  fileprivate func perChannel(of channels: Int) -> Node? {
    guard operation is Broadcast, inputs[0].shape.extents.last == channels,
      inputs[0].type.count == channels
    else { return nil }
    return try? inputs[0].reshaped(to: [channels])
  }
}

extension ConvolutionGeometry {
  /// Whether some element of the filter meets the picture at each position of the output.
  fileprivate func everyWindowSeesThePicture(input: Shape, filter: Shape, output: Shape) -> Bool {
    func sees(_ axis: Int, _ stride: Int, _ dilation: Int, _ before: Int) -> Bool {
      (0..<output[axis]).allSatisfy { position in
        (0..<filter[axis - 1]).contains { tap in
          0..<input[axis] ~= position * stride + tap * dilation - before
        }
      }
    }
    return sees(1, strides.height, dilations.height, padding.top)
      && sees(2, strides.width, dilations.width, padding.left)
  }
}
