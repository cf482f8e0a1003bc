import ApusGraph

/// The position of the first largest number along an axis; the first NaN is larger than all.
struct ReferenceArgMax: TypedReferenceKernel {
  func compute(_ argMax: ArgMax, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    let stride = inputs[0].shape.strides[argMax.axis]
    let extent = inputs[0].shape[argMax.axis]
    for index in 0..<outputs[0].count {
      let start = index / stride * stride * extent + index % stride
      var best = 0
      for position in 1..<max(extent, 1) {
        let value = inputs[0][start + position * stride]
        let largest = inputs[0][start + best * stride]
        if value > largest || (value.isNaN && !largest.isNaN) { best = position }
      }
      outputs[0][index] = Double(best)
    }
  }
}
