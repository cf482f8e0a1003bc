import ApusGraph
import ApusTensors
import CKernels

/// Separable convolutions of float32 numbers with 3×3 filters, where one pass is faster than two.
struct VectorBiasedSeparable: VectorCall {
  private let job: OwnedValue<apus_separable>
  private let threads: Int32

  init?(_ operation: BiasedSeparableConvolution2D, _ request: KernelRequest) {
    guard let job = operation.job(of: request.inputs), apus_separable_is_fast(job.pointer) else {
      return nil
    }
    self.job = job
    threads = Int32(request.threads)
  }

  var scratchByteCount: Int { apus_separable_scratch_bytes(job.pointer, threads) }

  func run(_ operands: KernelOperands) {
    apus_separable_forward(
      job.pointer, operands.floats(0), operands.floats(1), operands.floats(2), operands.floats(3),
      operands.floats(4), operands.results(0), operands.scratch, threads)
  }
}

extension BiasedSeparableConvolution2D {
  /// Whether one pass over operands of these types is faster than two.
  package func isFast(of inputs: [TensorType]) -> Bool {
    job(of: inputs).map { apus_separable_is_fast($0.pointer) } ?? false
  }

  /// The convolution as the C kernel takes it, or nil where it is none.
  fileprivate func job(of inputs: [TensorType]) -> OwnedValue<apus_separable>? {
    guard !depthwise.hasAddend, !pointwise.hasAddend, pointwise.inputClip == .none,
      inputs.allSatisfy({ $0.dataType == .float32 }),
      let between = try? between(inputs), let output = try? types(of: inputs)[0],
      between.dataType == .float32, output.dataType == .float32,
      let shape = depthwise.geometry.depthwiseShape(
        input: inputs[0].shape, filter: inputs[1].shape),
      FusedConvolutionForm(pointwise.geometry, input: between.shape, filter: inputs[3].shape)
        == .pixels
    else { return nil }
    var job = apus_separable()
    (job.depthwise.shape, job.depthwise.type) = (shape, .APUS_FLOAT32)
    job.depthwise.input_low = Float(depthwise.inputClip.lower)
    job.depthwise.input_high = Float(depthwise.inputClip.upper)
    (job.depthwise.low, job.depthwise.high) = (
      Float(depthwise.clip.lower), Float(depthwise.clip.upper)
    )
    job.product = pointwise.geometry.fusedProduct(
      input: between.shape, filter: inputs[3].shape, output: output.shape, form: .pixels,
      bounds: nil, operandType: .float32)
    (job.low, job.high) = (Float(pointwise.clip.lower), Float(pointwise.clip.upper))
    return OwnedValue(job)
  }
}
