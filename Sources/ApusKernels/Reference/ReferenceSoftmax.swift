import ApusGraph
import Glibc

/// `exp(x) / Σ exp(x)` along the last axis.
struct ReferenceSoftmax: TypedReferenceKernel {
  func compute(_: Softmax, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    forEachRow(of: inputs[0]) { row in
      let total = logSumExp(of: inputs[0], in: row)
      for index in row { outputs[0][index] = exp(inputs[0][index] - total) }
    }
  }
}

/// `x − log Σ exp(x)` along the last axis.
struct ReferenceLogSoftmax: TypedReferenceKernel {
  func compute(_: LogSoftmax, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    forEachRow(of: inputs[0]) { row in
      let total = logSumExp(of: inputs[0], in: row)
      for index in row { outputs[0][index] = inputs[0][index] - total }
    }
  }
}

/// Calls `body` with the indices of each row along the last axis.
func forEachRow<Failure: Error>(
  of operand: ReferenceOperand, _ body: (Range<Int>) throws(Failure) -> Void
) throws(Failure) {
  let width = operand.shape.extents.last ?? 1
  guard width > 0 else { return }
  for row in 0..<operand.count / width { try body(row * width..<(row + 1) * width) }
}

/// `log Σ exp(x)` over a row, taken relative to the largest so that nothing overflows; NaN where that is ∞,
/// so that all of a softmax are.
func logSumExp(of operand: ReferenceOperand, in row: Range<Int>) -> Double {
  let largest = row.reduce(-Double.infinity) { larger($0, operand[$1]) }
  guard largest.isFinite else { return largest > 0 ? .nan : largest }
  return largest + log(row.reduce(0) { $0 + exp(operand[$1] - largest) })
}
