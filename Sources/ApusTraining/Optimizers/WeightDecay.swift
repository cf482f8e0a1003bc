import ApusGraph
import ApusTensors

/// Decoupled weight decay: before a step, a parameter shrinks by `learningRate·rate` of itself.
///
/// Reference: Loshchilov, Hutter (2017), "Decoupled weight decay regularization", arXiv:1711.05101.
public struct WeightDecay: Sendable {
  public var rate: Double
  /// Which parameters decay.
  public var includes: @Sendable (Variable) -> Bool

  /// Decay of all parameters but those with one axis: biases, and the scales and offsets of normalization.
  public init(_ rate: Double) {
    self.init(rate) { $0.type.rank > 1 }
  }

  public init(_ rate: Double, of includes: @escaping @Sendable (Variable) -> Bool) {
    self.rate = rate
    self.includes = includes
  }
}

extension WeightDecay? {
  /// The parameter's value after the decay.
  func decayed(_ parameter: TrainedParameter, learningRate: Node) throws(GraphError) -> Node {
    guard let decay = self, decay.rate != 0, decay.includes(parameter.variable) else {
      return parameter.value
    }
    return try parameter.value - parameter.value * (learningRate * decay.rate)
  }
}
