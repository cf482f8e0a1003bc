import ApusGraph
import ApusTensors
import CKernels

/// Pointwise convolutions of float32 numbers with bias and clip, where oneDNN's are slower.
struct VectorBiasedProduct: VectorCall {
  private let product: OwnedValue<apus_fused_product>
  private let clip: (low: Float, high: Float)
  private let threads: Int32

  init?(_ operation: BiasedConvolution2D, _ request: KernelRequest) {
    let (input, filter) = (request.inputs[0].shape, request.inputs[1].shape)
    guard request.isFloat32, !operation.hasAddend, operation.inputClip == .none,
      let form = FusedConvolutionForm(operation.geometry, input: input, filter: filter),
      form == .pixels
    else { return nil }
    let product = operation.geometry.fusedProduct(
      input: input, filter: filter, output: request.outputs[0].shape, form: form, bounds: nil,
      operandType: .float32)
    self.product = OwnedValue(product)
    clip = (Float(operation.clip.lower), Float(operation.clip.upper))
    threads = Int32(request.threads)
    guard apus_biased_product_is_fast(self.product.pointer) else { return nil }
  }

  var scratchByteCount: Int { apus_biased_product_scratch_bytes(product.pointer, threads) }

  func run(_ operands: KernelOperands) {
    apus_biased_product(
      product.pointer, operands.floats(0), operands.floats(1), operands.floats(2), clip.low,
      clip.high, operands.results(0), operands.scratch, threads)
  }
}
