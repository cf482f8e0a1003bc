import ApusGraph
import ApusTensors
import CKernels

/// Batch normalization with the batch's statistics, clipped or not.
struct VectorBatchNormalization<Operand: BatchNormalizing>: VectorCall {
  private let normalization: Operand
  private let rows: Int64
  private let channels: Int64
  private let threads: Int32
  private let isBFloat16: Bool

  init?(_ operation: Operand, _ request: KernelRequest) {
    let result = request.outputs[0].dataType
    let others = request.inputs + request.outputs.dropFirst()
    guard others.allSatisfy({ $0.dataType == .float32 }), result == .float32 || result == .bfloat16
    else { return nil }
    normalization = operation
    isBFloat16 = result == .bfloat16
    let (rows, channels) = request.inputs[0].rows
    (self.rows, self.channels) = (Int64(rows), Int64(channels))
    threads = Int32(request.threads)
  }

  var scratchByteCount: Int {
    apus_batch_normalization_scratch_bytes(rows, channels, threads)
  }

  var aliasableOperands: [(input: Int, output: Int)] { isBFloat16 ? [] : [(0, 0)] }

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0]
    apus_batch_normalization_train(
      operands.floats(0), rows, channels, operands.floats(1), operands.floats(2),
      Float(normalization.epsilon), Float(normalization.lowerBound),
      Float(normalization.upperBound),
      isBFloat16 ? nil : result.assumingMemoryBound(to: Float.self),
      isBFloat16 ? result.assumingMemoryBound(to: UInt16.self) : nil,
      operands.results(1), operands.results(2), operands.scratch, threads)
  }
}

/// The derivatives of batch normalization with respect to its input, scale and shift.
struct VectorBatchNormalizationGradient: VectorCall {
  private let epsilon: Float
  private let rows: Int64
  private let channels: Int64
  private let threads: Int32

  init?(_ operation: BatchNormalizationGradient, _ request: KernelRequest) {
    guard request.isFloat32 else { return nil }
    epsilon = Float(operation.epsilon)
    let (rows, channels) = request.inputs[0].rows
    (self.rows, self.channels) = (Int64(rows), Int64(channels))
    threads = Int32(request.threads)
  }

  var scratchByteCount: Int {
    apus_batch_normalization_scratch_bytes(rows, channels, threads)
  }

  var aliasableOperands: [(input: Int, output: Int)] { [(4, 0)] }

  func run(_ operands: KernelOperands) {
    apus_batch_normalization_backward(
      operands.floats(0), operands.floats(4), rows, channels, operands.floats(1), nil,
      operands.floats(2), operands.floats(3), epsilon, -.infinity, .infinity,
      operands.results(0), operands.results(1), operands.results(2), operands.scratch, threads)
  }
}

/// The derivatives of a clipped batch normalization; the clip's mask is made again from `x`.
struct VectorBatchNormalizationClipGradient: VectorCall {
  private let operation: BatchNormalizationClipGradient
  private let rows: Int64
  private let channels: Int64
  private let threads: Int32

  init?(_ operation: BatchNormalizationClipGradient, _ request: KernelRequest) {
    guard request.isFloat32 else { return nil }
    self.operation = operation
    let (rows, channels) = request.inputs[0].rows
    (self.rows, self.channels) = (Int64(rows), Int64(channels))
    threads = Int32(request.threads)
  }

  var scratchByteCount: Int {
    apus_batch_normalization_scratch_bytes(rows, channels, threads)
  }

  var aliasableOperands: [(input: Int, output: Int)] { [(5, 0)] }

  func run(_ operands: KernelOperands) {
    apus_batch_normalization_backward(
      operands.floats(0), operands.floats(5), rows, channels, operands.floats(1),
      operands.floats(2), operands.floats(3), operands.floats(4), Float(operation.epsilon),
      Float(operation.lower), Float(operation.upper), operands.results(0), operands.results(1),
      operands.results(2), operands.scratch, threads)
  }
}

/// What batch normalization, clipped or not, is set to.
protocol BatchNormalizing: Operation {
  var epsilon: Double { get }
  var lowerBound: Double { get }
  var upperBound: Double { get }
}

extension BatchNormalization: BatchNormalizing {
  var lowerBound: Double { -.infinity }
  var upperBound: Double { .infinity }
}

extension BatchNormalizationClip: BatchNormalizing {
  var lowerBound: Double { lower }
  var upperBound: Double { upper }
}
