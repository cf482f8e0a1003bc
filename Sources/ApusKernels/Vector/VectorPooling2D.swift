import ApusGraph
import ApusTensors
import CKernels

/// The largest or the mean element under each position of a window.
struct VectorPooling2D: VectorCall {
  private let shape: OwnedValue<apus_pooling_shape>
  private let kind: Pooling2D.Kind
  private let threads: Int32

  init?(_ pooling: Pooling2D, _ request: KernelRequest) {
    guard request.isFloat32 else { return nil }
    shape = OwnedValue(pooling.shape(request.inputs[0].shape))
    kind = pooling.kind
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    switch kind {
    case .maximum:
      apus_max_pooling(shape.pointer, operands.floats(0), operands.results(0), threads)
    case .average(let countsPadding):
      apus_average_pooling(
        shape.pointer, countsPadding, operands.floats(0), operands.results(0), threads)
    }
  }
}

/// The gradient of a pooling, sent to the elements its numbers came from.
struct VectorPooling2DGradient: VectorCall {
  private let shape: OwnedValue<apus_pooling_shape>
  private let kind: Pooling2D.Kind
  private let threads: Int32

  init?(_ operation: Pooling2DGradient, _ request: KernelRequest) {
    guard request.isFloat32 else { return nil }
    shape = OwnedValue(operation.pooling.shape(operation.inputShape))
    kind = operation.pooling.kind
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    switch kind {
    case .maximum:
      apus_max_pooling_gradient(
        shape.pointer, operands.floats(0), operands.floats(1), operands.results(0), threads)
    case .average(let countsPadding):
      apus_average_pooling_gradient(
        shape.pointer, countsPadding, operands.floats(0), operands.results(0), threads)
    }
  }
}

/// The largest bfloat16 number under each position of a window.
struct VectorBFloat16Pooling: VectorCall {
  private let shape: OwnedValue<apus_pooling_shape>
  private let threads: Int32

  init?(_ pooling: Pooling2D, _ request: KernelRequest) {
    guard pooling.kind == .maximum, request.inputs[0].dataType == .bfloat16 else { return nil }
    shape = OwnedValue(pooling.shape(request.inputs[0].shape))
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    apus_max_pooling_bfloat16(
      shape.pointer, operands.inputs[0].assumingMemoryBound(to: UInt16.self),
      operands.outputs[0].assumingMemoryBound(to: UInt16.self), threads)
  }
}

extension Pooling2D {
  fileprivate func shape(_ input: Shape) -> apus_pooling_shape {
    var shape = apus_pooling_shape()
    (shape.batch, shape.channels) = (Int64(input[0]), Int64(input[3]))
    (shape.height, shape.width) = (Int64(input[1]), Int64(input[2]))
    (shape.window_height, shape.window_width) = (Int64(window.height), Int64(window.width))
    (shape.stride_height, shape.stride_width) = (Int64(strides.height), Int64(strides.width))
    (shape.pad_top, shape.pad_bottom) = (Int64(padding.top), Int64(padding.bottom))
    (shape.pad_left, shape.pad_right) = (Int64(padding.left), Int64(padding.right))
    return shape
  }
}
