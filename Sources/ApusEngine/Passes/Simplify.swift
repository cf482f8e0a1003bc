import ApusGraph
import ApusTensors

extension Computation {
  /// The computation without applications that change nothing but the sign of a zero: equal ones
  /// merged, `x·1`, `x + 0`,
  /// `x − 0`, `x / 1`, `−(−x)` and stopped gradients replaced by `x`.
  func simplified() throws -> Computation {
    try GraphRewriter.rewrite(self) { application, inputs in
      application.operation.unchangedInput(of: inputs).map { [$0] }
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
