import ApusGraph
import ApusTensors
import CKernels

/// Depthwise convolutions with 3×3 filters, their input clipped as it is loaded and their result
/// as it is stored; of float32 or bfloat16 numbers.
struct VectorBiasedDepthwise: VectorCall {
  private let job: OwnedValue<apus_clipped_depthwise>
  private let threads: Int32

  init?(_ operation: BiasedConvolution2D, _ request: KernelRequest) {
    let inputs = request.inputs
    let types = [inputs[0].dataType, inputs[1].dataType, request.outputs[0].dataType]
    guard !operation.hasAddend, Set(types).count == 1, inputs[2].dataType == .float32,
      types[0] == .float32 || types[0] == .bfloat16,
      let shape = operation.geometry.depthwiseShape(
        input: inputs[0].shape, filter: inputs[1].shape)
    else { return nil }
    var job = apus_clipped_depthwise()
    job.shape = shape
    job.type = types[0] == .float32 ? .APUS_FLOAT32 : .APUS_BFLOAT16
    job.input_low = Float(operation.inputClip.lower)
    job.input_high = Float(operation.inputClip.upper)
    job.low = Float(operation.clip.lower)
    job.high = Float(operation.clip.upper)
    self.job = OwnedValue(job)
    threads = Int32(request.threads)
    guard apus_clipped_depthwise_accepts(self.job.pointer) else { return nil }
  }

  func run(_ operands: KernelOperands) {
    apus_clipped_depthwise_forward(
      job.pointer, operands.inputs[0], operands.inputs[1], operands.floats(2), operands.outputs[0],
      threads)
  }
}

extension ConvolutionGeometry {
  /// Whether ``VectorBiasedDepthwise`` has loops for such a convolution.
  package func isSmallDepthwise(input: Shape, filter: Shape) -> Bool {
    guard groups > 1, let shape = depthwiseShape(input: input, filter: filter) else { return false }
    var job = apus_clipped_depthwise()
    (job.shape, job.type) = (shape, .APUS_FLOAT32)
    return apus_clipped_depthwise_accepts(&job)
  }
}
