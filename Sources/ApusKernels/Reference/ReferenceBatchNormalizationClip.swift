import ApusGraph

/// Batch normalization, then a clip.
struct ReferenceBatchNormalizationClip: TypedReferenceKernel {
  func compute(
    _ operation: BatchNormalizationClip, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    let normalization = BatchNormalization(epsilon: operation.epsilon)
    ReferenceBatchNormalization().compute(normalization, inputs, outputs)
    let clip = Clip(lower: operation.lower, upper: operation.upper)
    ReferenceClip().compute(clip, [outputs[0]], [outputs[0]])
  }
}

/// The gradient where the normalized number was strictly inside, through the normalization.
struct ReferenceBatchNormalizationClipGradient: TypedReferenceKernel {
  func compute(
    _ operation: BatchNormalizationClipGradient, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    let (x, gamma, beta, means, variances, gradient) = (
      inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5]
    )
    var masked = [Double](repeating: 0, count: x.count)
    for index in masked.indices {
      let channel = index % gamma.count
      let scale = gamma[channel] / (variances[channel] + operation.epsilon).squareRoot()
      let y = (x[index] - means[channel]) * scale + beta[channel]
      if operation.lower < y, y < operation.upper { masked[index] = gradient[index] }
    }
    masked.withUnsafeMutableBufferPointer {
      let masked = ReferenceOperand(shape: gradient.shape, values: $0)
      ReferenceBatchNormalizationGradient().compute(
        BatchNormalizationGradient(epsilon: operation.epsilon),
        [x, gamma, means, variances, masked], outputs)
    }
  }
}
