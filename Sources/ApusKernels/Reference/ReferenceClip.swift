import ApusGraph

/// Limits each element to `lower...upper`; NaN stays.
struct ReferenceClip: TypedReferenceKernel {
  func compute(_ clip: Clip, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    for index in 0..<outputs[0].count {
      outputs[0][index] = smaller(larger(inputs[0][index], clip.lower), clip.upper)
    }
  }
}

/// Passes the gradient where the clipped number was strictly inside; infinity bounds nothing.
struct ReferenceClipGradient: TypedReferenceKernel {
  func compute(
    _ clip: ClipGradient, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    for index in 0..<outputs[0].count {
      let isAbove = clip.lower == -.infinity || clip.lower < inputs[0][index]
      let isBelow = clip.upper == .infinity || inputs[0][index] < clip.upper
      outputs[0][index] = isAbove && isBelow ? inputs[1][index] : 0
    }
  }
}
