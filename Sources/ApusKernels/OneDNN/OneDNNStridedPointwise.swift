import ApusGraph
import ApusTensors
import CKernels

/// Pointwise convolutions that skip pixels, as products of the pixels they read.
///
/// Without AVX-512 oneDNN 2.6.3 uses its loops for filters of any size here, at a third of the
/// speed of its matrix products. So the pixels are brought together in scratch, or spread from it.
package struct OneDNNStridedPointwise: Kernel {
  /// Convolutions by oneDNN, with strides and without.
  let convolution: any Kernel

  package init(convolution: any Kernel) { self.convolution = convolution }

  package func prepare(_ request: KernelRequest) throws -> (any PreparedKernel)? {
    guard let pixels = ChosenPixels(request), let direct = try convolution.prepare(request),
      direct.description.contains(/(jit:avx2|gemm:jit) \(convolution\)/),
      let product = try convolution.prepare(pixels.request)
    else { return nil }
    return PreparedStridedPointwise(product, pixels)
  }
}

/// The pixels that a pointwise convolution with strides reads, and the convolution of them alone.
private struct ChosenPixels {
  /// The request for that convolution.
  let request: KernelRequest
  /// Whether the pictures are the output, an input's gradient; else they are the first input.
  let picturesAreOutput: Bool
  let pictures: TensorType
  let chosen: TensorType
  /// How far chosen pixels are apart in the pictures, in numbers, axis by axis.
  let strides: [Int]

  init?(_ request: KernelRequest) {
    guard let operation = request.operation as? any StridedOperation,
      operation.filter(in: request).extents.prefix(2) == [1, 1],
      case let geometry = operation.geometry, geometry.groups == 1, geometry.padding == .none,
      geometry.strides != Size2D(1)
    else { return nil }
    picturesAreOutput = operation is Convolution2DInputGradient
    pictures = picturesAreOutput ? request.outputs[0] : request.inputs[0]
    let results = operation.results(in: request).extents
    chosen = TensorType(
      Shape(results.prefix(3) + [pictures.shape[3]]), pictures.dataType)
    guard chosen.shape.count > 0 else { return nil }
    let places = pictures.shape.strides
    strides = [
      places[0], places[1] * geometry.strides.height, places[2] * geometry.strides.width, places[3],
    ]
    var (inputs, outputs) = (request.inputs, request.outputs)
    if picturesAreOutput { outputs[0] = chosen } else { inputs[0] = chosen }
    self.request = KernelRequest(
      operation: operation.withoutStrides(of: chosen.shape), inputs: inputs, outputs: outputs,
      threads: request.threads)
  }
}

/// A convolution or one of its gradients.
private protocol StridedOperation: Operation {
  var geometry: ConvolutionGeometry { get set }

  /// The shapes of the convolution's filter and result.
  func filter(in request: KernelRequest) -> Shape
  func results(in request: KernelRequest) -> Shape

  /// The same for pictures of the pixels alone that it reads.
  func withoutStrides(of pictures: Shape) -> any Operation
}

extension StridedOperation {
  func filter(in request: KernelRequest) -> Shape { request.inputs[1].shape }
  func results(in request: KernelRequest) -> Shape { request.outputs[0].shape }

  func withoutStrides(of pictures: Shape) -> any Operation {
    var result = self
    result.geometry.strides = Size2D(1)
    return result
  }
}

extension Convolution2D: StridedOperation {}
extension BiasedConvolution2D: StridedOperation {}

extension Convolution2DInputGradient: StridedOperation {
  fileprivate func results(in request: KernelRequest) -> Shape { request.inputs[0].shape }

  fileprivate func withoutStrides(of pictures: Shape) -> any Operation {
    var result = self
    (result.geometry.strides, result.inputShape) = (Size2D(1), pictures)
    return result
  }
}

extension Convolution2DFilterGradient: StridedOperation {
  fileprivate func filter(in request: KernelRequest) -> Shape { filterShape }
  fileprivate func results(in request: KernelRequest) -> Shape { request.inputs[1].shape }
}

private final class PreparedStridedPointwise: PreparedKernel {
  private let product: any PreparedKernel
  private let picturesAreOutput: Bool
  private let copy: StridedCopy
  private let pictures: TensorType
  /// What is between the chosen pixels of a gradient.
  private let zero = OwnedValue<UInt64>(0)
  /// Where in scratch the chosen pixels begin.
  private let place: Int
  let scratchByteCount: Int
  let description: String
  private let threads: Int32
  /// Where the product finds its operands; set at every run.
  private let inputs: UnsafeMutablePointer<UnsafeRawPointer>
  private let output: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private let inputCount: Int

  init?(_ product: any PreparedKernel, _ pixels: ChosenPixels) {
    let (chosen, pictures) = (pixels.chosen, pixels.pictures)
    let (dense, spread) = ((chosen.shape.strides, 0), (pixels.strides, 0))
    guard
      let copy = StridedCopy(
        of: chosen.shape.extents, to: pixels.picturesAreOutput ? spread : dense,
        from: pixels.picturesAreOutput ? dense : spread, elementSize: pictures.dataType.byteCount)
    else { return nil }
    (self.product, self.copy, self.pictures) = (product, copy, pictures)
    picturesAreOutput = pixels.picturesAreOutput
    place = (product.scratchByteCount + 63) & ~63
    scratchByteCount = place + chosen.byteCount
    description = product.description + " of chosen pixels"
    threads = Int32(pixels.request.threads)
    inputCount = pixels.request.inputs.count
    inputs = .allocate(capacity: inputCount)
    output = .allocate(capacity: 1)
  }

  deinit {
    inputs.deallocate()
    output.deallocate()
  }

  var aliasableOperands: [(input: Int, output: Int)] { product.aliasableOperands }

  func run(_ operands: KernelOperands) throws(KernelFailure) {
    let pixels = operands.scratch + place
    for index in 0..<inputCount { inputs[index] = operands.inputs[index] }
    output[0] = operands.outputs[0]
    if picturesAreOutput {
      output[0] = pixels
    } else {
      copy.run(operands.inputs[0], pixels, threads)
      inputs[0] = UnsafeRawPointer(pixels)
    }
    try product.run(
      KernelOperands(inputs: inputs, outputs: output, scratch: operands.scratch))
    guard picturesAreOutput else { return }
    apus_fill(
      operands.outputs[0], zero.pointer, Int32(pictures.dataType.byteCount),
      Int64(pictures.shape.count), threads)
    copy.run(pixels, operands.outputs[0], threads)
  }
}
