import ApusGraph
import ApusKernels
import ApusTensors

extension Computation {
  /// The computation with the values between folded convolutions held as bfloat16.
  ///
  /// The convolutions of ``foldingIntoConvolutions()`` are those of inference and of frozen layers.
  /// A value that only such convolutions and maxima under windows read is stored as bfloat16, at
  /// half the traffic; sums stay fp32, and so does everything that anything else reads.
  func holdingActivationsInBFloat16() throws -> Computation {
    let narrow = narrowValues()
    return try GraphRewriter.rewrite(self) { application, inputs in
      let isNarrow = narrow.contains(Node(application))
      if let product = application.foldedConvolution, product.isFolded || isNarrow {
        return [try product.inBFloat16(inputs, narrow: isNarrow)]
      }
      if application.isMaximumPooling {
        return try Application(application.operation, inputs).outputs
      }
      guard zip(inputs, application.inputs).contains(where: { $0.type != $1.type }) else {
        return nil
      }
      let wide = try zip(inputs, application.inputs).map { try $0.cast(to: $1.dataType) }
      return try Application(application.operation, wide).outputs
    }
  }

  /// The values that all readers take as bfloat16.
  private func narrowValues() -> Set<Node> {
    let consumers = consumers()
    let results = Set(results)
    var narrow: Set<Node> = []
    for application in reachable(from: self.results).reversed() {
      let value = Node(application)
      guard application.types[0].dataType == .float32, !results.contains(value),
        application.foldedConvolution != nil || application.isMaximumPooling,
        consumers[value]?.allSatisfy({ $0.takesBFloat16(value, narrow) }) == true
      else { continue }
      narrow.insert(value)
    }
    return narrow
  }
}

extension Application {
  /// Whether `value` may come as bfloat16, where `narrow` are the values that will be.
  fileprivate func takesBFloat16(_ value: Node, _ narrow: Set<Node>) -> Bool {
    let isNarrow = narrow.contains(Node(self))
    if isMaximumPooling { return isNarrow }
    guard let product = foldedConvolution, inputs[1] != value,
      inputs.count < 3 || inputs[2] != value
    else { return false }
    return product.isDepthwise || inputs.count > 3 && inputs[3] == value ? isNarrow : true
  }

  fileprivate var isMaximumPooling: Bool {
    (operation as? Pooling2D)?.kind == .maximum
  }

  /// This application as a folded convolution of fp32 numbers; depthwise ones need not be folded.
  fileprivate var foldedConvolution: NarrowingConvolution? {
    guard inputs.allSatisfy({ $0.dataType == .float32 }) else { return nil }
    switch operation {
    case let folded as BiasedConvolution2D:
      return NarrowingConvolution(
        operation: folded, isFolded: true,
        isDepthwise: folded.geometry.isSmallDepthwise(
          input: inputs[0].shape, filter: inputs[1].shape))
    case let plain as Convolution2D
    where plain.geometry.isSmallDepthwise(input: inputs[0].shape, filter: inputs[1].shape):
      return NarrowingConvolution(
        operation: BiasedConvolution2D(geometry: plain.geometry), isFolded: false,
        isDepthwise: true)
    default: return nil
    }
  }
}

private struct NarrowingConvolution {
  let operation: BiasedConvolution2D
  let isFolded: Bool
  let isDepthwise: Bool

  /// The convolution of bfloat16 operands; a depthwise one whose result is not narrow stays fp32,
  /// for memory bounds it, not arithmetic.
  func inBFloat16(_ inputs: [Node], narrow: Bool) throws -> Node {
    var operation = operation
    let (held, result): (DataType, DataType) =
      narrow
      ? (.bfloat16, .bfloat16) : isDepthwise ? (.float32, .float32) : (.bfloat16, .float32)
    operation.resultType = result
    let channels = inputs[1].shape[3]
    let zeros = Tensor(zeros: TensorType([channels]))
    let bias = try inputs.count > 2 ? inputs[2] : .constant(zeros)
    var operands = [try inputs[0].cast(to: held), try inputs[1].cast(to: held), bias]
    if inputs.count > 3 { operands.append(try inputs[3].cast(to: result)) }
    return Node(try Application(operation, operands))
  }
}
