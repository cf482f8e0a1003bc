import ApusGraph
import ApusTensors
import COneDNN

/// Dense convolutions with bias, addend and clip in the product's epilogue.
///
/// An addend is summed in place: the result is written over it, or it is copied first. Where oneDNN
/// does not add up, there is no kernel.
struct OneDNNBiasedConvolution2D: Kernel {
  func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    guard let operation = request.operation as? BiasedConvolution2D, operation.inputClip == .none,
      let operands = request.inputs[0].dataType.oneDNN,
      let result = request.outputs[0].dataType.oneDNN
    else { return nil }
    let convolution = KernelRequest(
      operation: Convolution2D(geometry: operation.geometry),
      inputs: Array(request.inputs.prefix(2)), outputs: request.outputs, threads: request.threads)
    guard var description = ConvolutionProduct(convolution)?.description else { return nil }
    (description.operand_type, description.result_type) = (operands, result)
    description.arranges_filter = Self.arrangesFilter(request)
    description.has_bias = true
    description.accumulates = operation.hasAddend
    description.has_clamp = operation.clip != .none
    description.clamp_low = Float(operation.clip.lower)
    description.clamp_high = Float(operation.clip.upper)
    return PreparedOneDNN(
      operation.name, threads: request.threads, bias: 2,
      addend: operation.hasAddend ? (3, request.outputs[0].byteCount) : nil
    ) { apus_dnn_convolution_create($0, &description) }
  }

  /// Whether a pointwise filter is brought into oneDNN's order first.
  ///
  /// With two threads of a Zen 4 and oneDNN 2.6.3 on the products of Xception, the time so over the
  /// time without: bfloat16 0.89 to 0.97, float32 0.91 to 1.
  private static func arrangesFilter(_ request: KernelRequest) -> Bool {
    request.inputs[0].shape.extents.dropLast().reduce(1, *) >= 1024
  }
}

/// Depthwise convolutions with bias and clip, where oneDNN's loops beat the C kernels'.
struct OneDNNBiasedDepthwise: Kernel {
  func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    guard let operation = request.operation as? BiasedConvolution2D,
      operation.geometry.groups == request.inputs[0].shape[3], operation.geometry.groups > 1,
      request.inputs[0].dataType == .float32
    else { return nil }
    let plain = KernelRequest(
      operation: Convolution2D(geometry: operation.geometry),
      inputs: Array(request.inputs.prefix(2)), outputs: request.outputs, threads: request.threads)
    guard OneDNNDepthwise.isFaster(plain) else { return nil }
    return OneDNNBiasedConvolution2D().prepare(request).flatMap(OneDNNDepthwise.withDepthwiseLoop)
  }
}
