import ApusGraph

/// Limits each element to `lower...upper`; NaN stays.
struct ReferenceClip: TypedReferenceKernel {
  func compute(_ clip: Clip, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    for index in 0..<outputs[0].count {
      outputs[0][index] = smaller(larger(inputs[0][index], clip.lower), clip.upper)
    }
  }
}

/// Passes the gradient where the clipped number was strictly inside.
struct ReferenceClipGradient: TypedReferenceKernel {
  func compute(
    _ clip: ClipGradient, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    for index in 0..<outputs[0].count {
      let isInside = clip.lower < inputs[0][index] && inputs[0][index] < clip.upper
      outputs[0][index] = isInside ? inputs[1][index] : 0
    }
  }
}
