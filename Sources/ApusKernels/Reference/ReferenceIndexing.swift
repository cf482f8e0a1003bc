import ApusGraph

/// The rows of a table at given indices.
struct ReferenceGather: TypedReferenceKernel {
  func compute(
    _: Gather, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) throws(KernelFailure) {
    let (table, indices) = (inputs[0], inputs[1])
    let rows = table.shape[0]
    let width = table.shape.extents.dropFirst().reduce(1, *)
    for place in 0..<indices.count {
      let row = try checkedIndex(indices[place], at: place, below: rows, in: Gather.name)
      for column in 0..<width {
        outputs[0][place * width + column] = table[row * width + column]
      }
    }
  }
}

/// The sums of the rows that go to each place of a table of zeros.
struct ReferenceScatterAdd: TypedReferenceKernel {
  func compute(
    _: ScatterAdd, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) throws(KernelFailure) {
    let (indices, updates, table) = (inputs[0], inputs[1], outputs[0])
    let rows = table.shape[0]
    let width = table.shape.extents.dropFirst().reduce(1, *)
    table.values.update(repeating: 0)
    for place in 0..<indices.count {
      let row = try checkedIndex(indices[place], at: place, below: rows, in: ScatterAdd.name)
      for column in 0..<width {
        table[row * width + column] += updates[place * width + column]
      }
    }
  }
}

/// Rows of zeros with a one at the index; all zeros where the index is outside.
struct ReferenceOneHot: TypedReferenceKernel {
  func compute(_ oneHot: OneHot, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    for index in 0..<outputs[0].count {
      let isHere = inputs[0][index / oneHot.depth] == Double(index % oneHot.depth)
      outputs[0][index] = isHere ? 1 : 0
    }
  }
}

/// `index` as an integer, or a failure that says where it stood and what was allowed.
func checkedIndex(
  _ index: Double, at place: Int, below count: Int, in operation: String
) throws(KernelFailure) -> Int {
  guard index >= 0, index < Double(count) else {
    let shown = Int(truncatingAndClamping: index)
    throw KernelFailure(operation: operation, index: shown, at: place, below: count)
  }
  return Int(index)
}

extension KernelFailure {
  /// The failure of an index that names no row or class.
  package init(operation: String, index: Int, at place: Int, below count: Int) {
    self.init(
      operation: operation,
      message: "index \(index) at position \(place) is outside 0..<\(count)")
  }
}
