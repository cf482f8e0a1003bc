import ApusGraph
import ApusTensors
import CKernels

/// The C kernels' description of a fused convolution.
private enum FusedDescription {
  case product(OwnedValue<apus_fused_product>)
  case depthwise(OwnedValue<apus_fused_depthwise>)

  init?(
    _ geometry: ConvolutionGeometry, input: Shape, filter: Shape, output: Shape,
    bounds: ClipBounds?, operandType: DataType
  ) {
    guard let form = FusedConvolutionForm(geometry, input: input, filter: filter),
      form != .patches || bounds == nil,
      operandType == .float32 || FusedConvolutionForm.supportsBFloat16
    else { return nil }
    guard form == .depthwise else {
      let product = geometry.fusedProduct(
        input: input, filter: filter, output: output, form: form, bounds: bounds,
        operandType: operandType)
      self = .product(OwnedValue(product))
      return
    }
    guard operandType == .float32,
      let shape = geometry.depthwiseShape(input: input, filter: filter)
    else { return nil }
    var convolution = apus_fused_depthwise()
    convolution.shape = shape
    if let bounds {
      convolution.normalizes = true
      (convolution.low, convolution.high) = (Float(bounds.lower), Float(bounds.upper))
    }
    self = .depthwise(OwnedValue(convolution))
  }

  func scratchByteCount(_ threads: Int32) -> Int {
    switch self {
    case .product(let value): apus_fused_product_scratch_bytes(value.pointer, threads)
    case .depthwise(let value): apus_fused_depthwise_scratch_bytes(value.pointer, threads)
    }
  }
}

/// Convolutions that normalize their input and sum their output.
struct VectorFusedConvolution2D: VectorCall {
  private let description: FusedDescription
  private let isNormalizing: Bool
  private let givesMoments: Bool
  private let threads: Int32

  init?(_ operation: FusedConvolution2D, _ request: KernelRequest) {
    guard request.isFloat32,
      let description = FusedDescription(
        operation.geometry, input: request.inputs[0].shape, filter: request.inputs[1].shape,
        output: request.outputs[0].shape, bounds: operation.bounds,
        operandType: operation.operandType)
    else { return nil }
    self.description = description
    isNormalizing = operation.bounds != nil
    givesMoments = operation.givesMoments
    threads = Int32(request.threads)
  }

  var scratchByteCount: Int { description.scratchByteCount(threads) }

  func run(_ operands: KernelOperands) {
    let (x, filter, y) = (operands.floats(0), operands.floats(1), operands.results(0))
    let scale = isNormalizing ? operands.floats(2) : nil
    let shift = isNormalizing ? operands.floats(3) : nil
    let mean = givesMoments ? operands.results(1) : nil
    let variance = givesMoments ? operands.results(2) : nil
    switch description {
    case .product(let value):
      apus_fused_product_forward(
        value.pointer, x, scale, shift, filter, y, mean, variance, operands.scratch, threads)
    case .depthwise(let value):
      apus_fused_depthwise_forward(
        value.pointer, x, scale, shift, filter, y, mean, variance, operands.scratch, threads)
    }
  }
}

/// The gradients of convolutions that normalize their input or whose output is normalized.
struct VectorFusedConvolution2DGradient: VectorCall {
  private let operation: FusedConvolution2DGradient
  private let description: FusedDescription
  private let threads: Int32

  init?(_ operation: FusedConvolution2DGradient, _ request: KernelRequest) {
    let (dz, x, filter) = (
      request.inputs[0].shape, request.inputs[1].shape, request.inputs[2].shape
    )
    guard request.isFloat32,
      let description = FusedDescription(
        operation.geometry, input: x, filter: filter, output: dz, bounds: operation.bounds,
        operandType: operation.operandType),
      let form = FusedConvolutionForm(operation.geometry, input: x, filter: filter),
      form != .patches || !operation.givesInput
    else { return nil }
    self.operation = operation
    self.description = description
    threads = Int32(request.threads)
  }

  var scratchByteCount: Int { description.scratchByteCount(threads) }

  func run(_ operands: KernelOperands) {
    var gradient = gradient(operands)
    let dfilter = operands.results(0)
    let dx = operation.givesInput ? operands.results(1) : nil
    let hasSums = operation.givesInput && operation.bounds != nil
    let sum = hasSums ? operands.results(2) : nil
    let products = hasSums ? operands.results(3) : nil
    switch description {
    case .product(let value):
      apus_fused_product_backward(
        value.pointer, &gradient, dfilter, dx, sum, products, operands.scratch, threads)
    case .depthwise(let value):
      apus_fused_depthwise_backward(
        value.pointer, &gradient, dfilter, dx, sum, products, operands.scratch, threads)
    }
  }

  private func gradient(_ operands: KernelOperands) -> apus_fused_gradient {
    var gradient = apus_fused_gradient(
      dz: operands.floats(0), y: nil, a: nil, b: nil, c: nil, x: operands.floats(1), scale: nil,
      shift: nil, mean: nil, filter: operands.floats(2))
    if operation.bounds != nil {
      let first = operation.factors.lowerBound
      gradient.scale = operands.floats(first)
      gradient.shift = operands.floats(first + 1)
      gradient.mean = operands.floats(first + 2)
    }
    if operation.isNormalized {
      let first = operation.normalization.lowerBound
      gradient.y = operands.floats(first)
      gradient.a = operands.floats(first + 1)
      gradient.b = operands.floats(first + 2)
      gradient.c = operands.floats(first + 3)
    }
    return gradient
  }
}
