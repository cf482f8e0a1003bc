import ApusGraph

/// Rounds each element to a number of the target type, as ``rounded(_:to:)`` says.
struct ReferenceCast: TypedReferenceKernel {
  func compute(_ cast: Cast, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    for index in 0..<outputs[0].count {
      outputs[0][index] = rounded(inputs[0][index], to: cast.dataType)
    }
  }
}
