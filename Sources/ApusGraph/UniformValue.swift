import ApusTensors

extension Node {
  /// The one number that all elements are, where it is one of an expression or a derivative.
  ///
  /// Operators use it to leave out exact identities such as `x·1`, which gradients are full of. Constants
  /// that somebody made to differentiate with respect to them stay.
  package var uniformValue: Double? {
    switch operation {
    case let constant as Constant where constant.isLiteral && constant.value.count == 1:
      constant.value.doubles[0]
    case is Broadcast, is Reshape: inputs[0].uniformValue
    default: nil
    }
  }
}
