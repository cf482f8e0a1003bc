import ApusGraph

/// `γ·(x − mean)/√(variance + ε) + β` with the mean and biased variance of each row.
struct ReferenceLayerNormalization: TypedReferenceKernel {
  func compute(
    _ operation: LayerNormalization, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let (x, gamma, beta) = (inputs[0], inputs[1], inputs[2])
    forEachRow(of: x) { row in
      let (mean, variance) = moments(of: x, at: row)
      let scale = 1 / (variance + operation.epsilon).squareRoot()
      for index in row {
        let column = index - row.lowerBound
        outputs[0][index] = (x[index] - mean) * scale * gamma[column] + beta[column]
      }
    }
  }
}
