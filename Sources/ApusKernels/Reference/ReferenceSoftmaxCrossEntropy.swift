import ApusGraph
import Glibc

/// `−Σ q·log softmax(x)` for each row, where `q` is the label smoothed towards all classes.
struct ReferenceSoftmaxCrossEntropy: TypedReferenceKernel {
  func compute(
    _ operation: SoftmaxCrossEntropy, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) throws(KernelFailure) {
    let (logits, labels) = (inputs[0], inputs[1])
    try checkLabels(labels, logits, in: SoftmaxCrossEntropy.name)
    forEachRow(of: logits) { row in
      let total = logSumExp(of: logits, in: row)
      var loss = 0.0
      for index in row {
        let target = smoothedLabel(labels, logits, at: index, operation.labelSmoothing)
        // 0 · ∞ is nothing lost: a class that must not come, with probability zero.
        if target != 0 { loss += target * (total - logits[index]) }
      }
      outputs[0][row.lowerBound / row.count] = loss
    }
  }
}

/// `(Σq·softmax(x) − q)·g` for each row: the derivative with respect to the logits.
struct ReferenceSoftmaxCrossEntropyGradient: TypedReferenceKernel {
  func compute(
    _ operation: SoftmaxCrossEntropyGradient, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) throws(KernelFailure) {
    let (logits, labels, gradient) = (inputs[0], inputs[1], inputs[2])
    try checkLabels(labels, logits, in: SoftmaxCrossEntropyGradient.name)
    forEachRow(of: logits) { row in
      let total = logSumExp(of: logits, in: row)
      let targets = row.map { smoothedLabel(labels, logits, at: $0, operation.labelSmoothing) }
      let mass = targets.reduce(0, +)
      for (index, target) in zip(row, targets) {
        let slope = mass * exp(logits[index] - total) - target
        outputs[0][index] = slope * gradient[row.lowerBound / row.count]
      }
    }
  }
}

/// Checks that integer labels name classes.
private func checkLabels(
  _ labels: ReferenceOperand, _ logits: ReferenceOperand, in operation: String
) throws(KernelFailure) {
  guard labels.shape.rank < logits.shape.rank else { return }
  let classes = logits.shape.extents.last ?? 1
  for place in 0..<labels.count {
    _ = try checkedIndex(labels[place], at: place, below: classes, in: operation)
  }
}

/// The weight of the class at `index` of the logits: `(1 − s)·label + s / classes`.
private func smoothedLabel(
  _ labels: ReferenceOperand, _ logits: ReferenceOperand, at index: Int, _ smoothing: Double
) -> Double {
  let classes = logits.shape.extents.last ?? 1
  let isSoft = labels.shape.rank == logits.shape.rank
  let isNamed = isSoft ? labels[index] : labels[index / classes] == Double(index % classes) ? 1 : 0
  return (1 - smoothing) * isNamed + smoothing / Double(classes)
}
