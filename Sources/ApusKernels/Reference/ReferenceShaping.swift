import ApusGraph
import ApusTensors

/// Gives the elements in their row-major order another shape.
struct ReferenceReshape: TypedReferenceKernel {
  func compute(_: Reshape, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    for index in 0..<outputs[0].count { outputs[0][index] = inputs[0][index] }
  }
}

/// Exchanges axes: axis `a` of the result is axis `permutation[a]` of the operand.
struct ReferenceTranspose: TypedReferenceKernel {
  func compute(
    _ transpose: Transpose, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let strides = inputs[0].shape.strides
    visit(outputs[0].shape, strides: transpose.permutation.map { strides[$0] }) { index, offset in
      outputs[0][index] = inputs[0][offset]
    }
  }
}

/// Takes every `step`-th element of each axis between a start and an end.
struct ReferenceSlice: TypedReferenceKernel {
  func compute(_ slice: Slice, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    let strides = inputs[0].shape.strides
    let start = zip(slice.starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
    let steps = zip(slice.steps, strides).map { $0 * $1 }
    visit(outputs[0].shape, strides: steps, from: start) { index, offset in
      outputs[0][index] = inputs[0][offset]
    }
  }
}

/// Turns the order along axes round.
struct ReferenceReverse: TypedReferenceKernel {
  func compute(_ reverse: Reverse, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    let (shape, strides) = (inputs[0].shape, inputs[0].shape.strides)
    let start = reverse.axes.reduce(0) { $0 + (shape[$1] - 1) * strides[$1] }
    let steps = strides.enumerated().map { reverse.axes.contains($0) ? -$1 : $1 }
    visit(shape, strides: steps, from: start) { index, offset in
      outputs[0][index] = inputs[0][offset]
    }
  }
}

/// Takes the parts along an axis apart.
struct ReferenceSplit: TypedReferenceKernel {
  func compute(_ split: Split, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    let strides = inputs[0].shape.strides
    var start = 0
    for output in outputs {
      visit(output.shape, strides: strides, from: start) { index, offset in
        output[index] = inputs[0][offset]
      }
      start += output.shape[split.axis] * strides[split.axis]
    }
  }
}

/// Surrounds the operand with a constant.
struct ReferencePad: TypedReferenceKernel {
  func compute(_ pad: Pad, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    outputs[0].values.update(repeating: pad.value)
    let strides = outputs[0].shape.strides
    let start = zip(pad.before, strides).reduce(0) { $0 + $1.0 * $1.1 }
    visit(inputs[0].shape, strides: strides, from: start) { index, offset in
      outputs[0][offset] = inputs[0][index]
    }
  }
}

/// Puts the operands behind one another along an axis.
struct ReferenceConcatenate: TypedReferenceKernel {
  func compute(
    _ concatenate: Concatenate, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let strides = outputs[0].shape.strides
    var start = 0
    for input in inputs {
      visit(input.shape, strides: strides, from: start) { index, offset in
        outputs[0][offset] = input[index]
      }
      start += input.shape[concatenate.axis] * strides[concatenate.axis]
    }
  }
}

/// Repeats the operand along new leading axes and along axes of extent 1.
struct ReferenceBroadcast: TypedReferenceKernel {
  func compute(_: Broadcast, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    let strides = inputs[0].shape.strides(repeatingTo: outputs[0].shape)
    visit(outputs[0].shape, strides: strides) { index, offset in
      outputs[0][index] = inputs[0][offset]
    }
  }
}

extension Shape {
  /// The strides that read a tensor of this shape as one of shape `target`: 0 where repeated.
  func strides(repeatingTo target: Shape) -> [Int] {
    let own = strides
    let added = target.rank - rank
    return target.extents.indices.map { axis in
      axis < added || self[axis - added] != target[axis] ? 0 : own[axis - added]
    }
  }
}
