import ApusGraph
import ApusTensors
import CKernels

/// The cross-entropy of each row of logits with its label.
struct VectorSoftmaxCrossEntropy: VectorCall {
  private let labels: LabelledRows
  private let smoothing: Float

  init?(_ operation: SoftmaxCrossEntropy, _ request: KernelRequest) {
    guard let labels = LabelledRows(request, in: SoftmaxCrossEntropy.name) else { return nil }
    self.labels = labels
    smoothing = Float(operation.labelSmoothing)
  }

  func run(_ operands: KernelOperands) throws(KernelFailure) {
    guard let type = labels.integerType else {
      return apus_cross_entropy_dense(
        operands.floats(0), operands.floats(1), labels.rows, labels.columns, smoothing,
        operands.results(0), labels.threads)
    }
    try labels.check(operands)
    apus_cross_entropy(
      operands.floats(0), operands.inputs[1], type, labels.rows, labels.columns, smoothing,
      operands.results(0), labels.threads)
  }
}

/// The derivative of each row's cross-entropy with respect to its logits.
struct VectorSoftmaxCrossEntropyGradient: VectorCall {
  private let labels: LabelledRows
  private let smoothing: Float

  init?(_ operation: SoftmaxCrossEntropyGradient, _ request: KernelRequest) {
    guard let labels = LabelledRows(request, in: SoftmaxCrossEntropyGradient.name) else {
      return nil
    }
    self.labels = labels
    smoothing = Float(operation.labelSmoothing)
  }

  var aliasableOperands: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ operands: KernelOperands) throws(KernelFailure) {
    guard let type = labels.integerType else {
      return apus_cross_entropy_dense_gradient(
        operands.floats(0), operands.floats(1), operands.floats(2), labels.rows, labels.columns,
        smoothing, operands.results(0), labels.threads)
    }
    try labels.check(operands)
    apus_cross_entropy_gradient(
      operands.floats(0), operands.inputs[1], type, operands.floats(2), labels.rows,
      labels.columns, smoothing, operands.results(0), labels.threads)
  }
}

/// Rows of logits with a label each: the number of a class, or a weight for every class.
private struct LabelledRows {
  let rows: Int64
  let columns: Int64
  let threads: Int32
  /// The type of class numbers; nil where labels are weights.
  let integerType: apus_type?
  private let indices: IndexCheck?

  init?(_ request: KernelRequest, in operation: String) {
    let labels = request.inputs[1]
    let isFloat32 = [0] + Array(2..<max(request.inputs.count, 2))
    guard isFloat32.allSatisfy({ request.inputs[$0].dataType == .float32 }),
      request.outputs[0].dataType == .float32
    else { return nil }
    let (rows, columns) = request.inputs[0].rows
    (self.rows, self.columns) = (Int64(rows), Int64(columns))
    threads = Int32(request.threads)
    if labels.dataType == .float32 {
      (integerType, indices) = (nil, nil)
    } else {
      guard let indices = IndexCheck(labels, below: columns, in: operation) else { return nil }
      (integerType, self.indices) = (labels.dataType.code, indices)
    }
  }

  func check(_ operands: KernelOperands) throws(KernelFailure) {
    try indices?.run(operands.inputs[1])
  }
}
