import ApusGraph
import ApusTensors

extension Computation {
  /// The computation without applications that change nothing but the sign of a zero: equal ones
  /// merged, `x·1`, `x + 0`, `x − 0`, `x / 1`, `−(−x)` and stopped gradients replaced by `x`, and
  /// reshapes, transpositions and reversals one after the other by one or none.
  ///
  /// Graphs are built without that: a derivative is found along the nodes as they were made, and
  /// with respect to each of them.
  func simplified() throws -> Computation {
    try GraphRewriter.rewrite(self) { application, inputs in
      let operation = application.operation
      return try (operation.unchangedInput(of: inputs) ?? operation.joined(to: inputs)).map { [$0] }
    }
  }
}

extension Operation {
  /// The input that the operation gives back unchanged; nil where there is none.
  fileprivate func unchangedInput(of inputs: [Node]) -> Node? {
    switch self {
    case is StopGradient: inputs[0]
    case is Multiply where inputs[1].isFilled(with: 1): inputs[0]
    case is Multiply where inputs[0].isFilled(with: 1): inputs[1]
    case is Divide where inputs[1].isFilled(with: 1): inputs[0]
    case is Subtract where inputs[1].isFilled(with: 0): inputs[0]
    // −0 + 0 would be 0: the one value that changes, and by nothing.
    case is Add where inputs[1].isFilled(with: 0): inputs[0]
    case is Add where inputs[0].isFilled(with: 0): inputs[1]
    case is Negate where inputs[0].operation is Negate: inputs[0].inputs[0]
    default: nil
    }
  }

  /// What the operation and the one that made its input do together; nil where they stay two.
  fileprivate func joined(to inputs: [Node]) throws -> Node? {
    guard let input = inputs.first, let source = input.inputs.first else { return nil }
    switch (self, input.operation) {
    case (let last as Reshape, is Reshape):
      return try source.reshaped(to: last.shape)
    case (let last as Transpose, let first as Transpose):
      return try source.transposed(last.permutation.map { first.permutation[$0] })
    case (let last as Reverse, let first as Reverse):
      return try source.reversed(
        alongAxes: Set(last.axes).symmetricDifference(first.axes).sorted())
    default: return nil
    }
  }
}

extension Node {
  /// Whether every element is the constant `value`.
  fileprivate func isFilled(with value: Double) -> Bool {
    switch operation {
    case let constant as Constant: constant.value.count == 1 && constant.value.doubles[0] == value
    case is Broadcast, is Reshape: inputs[0].isFilled(with: value)
    default: false
    }
  }
}
