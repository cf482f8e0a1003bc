import ApusGraph

/// `γ·(x − mean)/√(variance + ε) + β` per channel, with the batch's own mean and biased variance.
struct ReferenceBatchNormalization: TypedReferenceKernel {
  func compute(
    _ operation: BatchNormalization, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let (x, gamma, beta) = (inputs[0], inputs[1], inputs[2])
    let (y, means, variances) = (outputs[0], outputs[1], outputs[2])
    let channels = gamma.count
    for channel in 0..<channels {
      let places = stride(from: channel, to: x.count, by: channels)
      let (mean, variance) = moments(of: x, at: places)
      let scale = gamma[channel] / (variance + operation.epsilon).squareRoot()
      for place in places { y[place] = (x[place] - mean) * scale + beta[channel] }
      (means[channel], variances[channel]) = (mean, variance)
    }
  }
}

/// The derivatives of batch normalization's first output with respect to `x`, `γ` and `β`.
///
/// With `n` rows and `z = (x − mean)/√(variance + ε)`: `∂β = Σg`, `∂γ = Σg·z`,
/// `∂x = γ/√(variance + ε)·(g − ∂β/n − z·∂γ/n)`.
struct ReferenceBatchNormalizationGradient: TypedReferenceKernel {
  func compute(
    _ operation: BatchNormalizationGradient, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    let (x, gamma, means, variances, gradient) = (
      inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]
    )
    let channels = gamma.count
    for channel in 0..<channels {
      let places = stride(from: channel, to: x.count, by: channels)
      let scale = 1 / (variances[channel] + operation.epsilon).squareRoot()
      let normalized = { (place: Int) in (x[place] - means[channel]) * scale }
      let betaGradient = places.reduce(0) { $0 + gradient[$1] }
      let gammaGradient = places.reduce(0) { $0 + gradient[$1] * normalized($1) }
      let count = Double(x.count / channels)
      for place in places {
        let centered =
          gradient[place] - betaGradient / count - normalized(place) * gammaGradient / count
        outputs[0][place] = gamma[channel] * scale * centered
      }
      (outputs[1][channel], outputs[2][channel]) = (gammaGradient, betaGradient)
    }
  }
}

/// The mean and the biased variance of the elements of `operand` at `places`.
func moments(
  of operand: ReferenceOperand, at places: some Sequence<Int>
) -> (mean: Double, variance: Double) {
  var (count, sum, squares) = (0.0, 0.0, 0.0)
  for place in places { (count, sum) = (count + 1, sum + operand[place]) }
  let mean = sum / count
  for place in places { squares += (operand[place] - mean) * (operand[place] - mean) }
  return (mean, squares / count)
}
