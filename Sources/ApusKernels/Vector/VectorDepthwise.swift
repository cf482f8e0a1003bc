import ApusGraph
import ApusTensors
import CKernels

/// Convolutions with one filter a channel.
struct VectorDepthwise: VectorCall {
  private let shape: OwnedValue<apus_depthwise_shape>
  private let threads: Int32

  init?(_ operation: Convolution2D, _ request: KernelRequest) {
    guard request.isFloat32,
      let shape = operation.geometry.depthwiseShape(
        input: request.inputs[0].shape, filter: request.inputs[1].shape)
    else { return nil }
    self.shape = OwnedValue(shape)
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    apus_depthwise_forward(
      shape.pointer, operands.floats(0), operands.floats(1), nil, -.infinity, .infinity,
      operands.results(0), threads)
  }
}

/// The gradient of a depthwise convolution's input.
struct VectorDepthwiseInputGradient: VectorCall {
  private let shape: OwnedValue<apus_depthwise_shape>
  private let threads: Int32

  init?(_ operation: Convolution2DInputGradient, _ request: KernelRequest) {
    guard request.isFloat32,
      let shape = operation.geometry.depthwiseShape(
        input: request.outputs[0].shape, filter: request.inputs[1].shape)
    else { return nil }
    self.shape = OwnedValue(shape)
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    apus_depthwise_input_gradient(
      shape.pointer, operands.floats(0), operands.floats(1), operands.results(0), threads)
  }
}

/// The gradient of a depthwise convolution's filter.
struct VectorDepthwiseFilterGradient: VectorCall {
  private let shape: OwnedValue<apus_depthwise_shape>
  private let threads: Int32

  init?(_ operation: Convolution2DFilterGradient, _ request: KernelRequest) {
    guard request.isFloat32,
      let shape = operation.geometry.depthwiseShape(
        input: request.inputs[0].shape, filter: request.outputs[0].shape)
    else { return nil }
    self.shape = OwnedValue(shape)
    threads = Int32(request.threads)
  }

  var scratchByteCount: Int {
    apus_depthwise_filter_gradient_scratch_bytes(shape.pointer, threads)
  }

  func run(_ operands: KernelOperands) {
    apus_depthwise_filter_gradient(
      shape.pointer, operands.floats(0), operands.floats(1), operands.results(0),
      operands.scratch, threads)
  }
}
