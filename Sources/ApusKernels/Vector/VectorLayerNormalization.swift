import ApusGraph
import CKernels

/// Layer normalization along the last axis.
struct VectorLayerNormalization: VectorCall {
  private let epsilon: Float
  private let rows: Int64
  private let columns: Int64
  private let threads: Int32

  init?(_ operation: LayerNormalization, _ request: KernelRequest) {
    guard request.isFloat32 else { return nil }
    epsilon = Float(operation.epsilon)
    let (rows, columns) = request.inputs[0].rows
    (self.rows, self.columns) = (Int64(rows), Int64(columns))
    threads = Int32(request.threads)
  }

  var aliasableOperands: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ operands: KernelOperands) {
    apus_layer_normalization(
      operands.floats(0), rows, columns, operands.floats(1), operands.floats(2), epsilon,
      operands.results(0), nil, nil, threads)
  }
}
