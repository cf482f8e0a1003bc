import ApusTensors

extension Node {
  /// The one number that all elements are, where the graph shows it.
  ///
  /// Operators use it to leave out exact identities such as `x·1`, which gradients are full of.
  package var uniformValue: Double? {
    switch operation {
    case let constant as Constant where constant.value.count == 1: constant.value.doubles[0]
    case is Broadcast, is Reshape: inputs[0].uniformValue
    default: nil
    }
  }
}
