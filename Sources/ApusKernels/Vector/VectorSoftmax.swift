import ApusGraph
import CKernels

/// Softmax along the last axis.
struct VectorSoftmax: VectorCall {
  private let rows: Int64
  private let columns: Int64
  private let threads: Int32

  init?(_: Softmax, _ request: KernelRequest) {
    guard request.isFloat32 else { return nil }
    let (rows, columns) = request.inputs[0].rows
    (self.rows, self.columns) = (Int64(rows), Int64(columns))
    threads = Int32(request.threads)
  }

  var aliasableOperands: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ operands: KernelOperands) {
    apus_softmax(operands.floats(0), rows, columns, operands.results(0), threads)
  }
}

/// The logarithm of softmax along the last axis.
struct VectorLogSoftmax: VectorCall {
  private let rows: Int64
  private let columns: Int64
  private let threads: Int32

  init?(_: LogSoftmax, _ request: KernelRequest) {
    guard request.isFloat32 else { return nil }
    let (rows, columns) = request.inputs[0].rows
    (self.rows, self.columns) = (Int64(rows), Int64(columns))
    threads = Int32(request.threads)
  }

  var aliasableOperands: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ operands: KernelOperands) {
    apus_log_softmax(operands.floats(0), rows, columns, operands.results(0), threads)
  }
}
