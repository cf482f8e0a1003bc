import ApusGraph
import ApusTensors

/// Stochastic gradient descent, with Keras' form of momentum.
///
/// Without momentum `w ← w − η·g`. With momentum `μ`, `v ← μ·v − η·g` and `w ← w + v`, or
/// `w ← w + μ·v − η·g` by Nesterov's rule.
///
/// Reference: Sutskever et al. (2013), "On the importance of initialization and momentum", ICML 30.
public struct SGD: Optimizer {
  /// `μ`, the share of the velocity that stays.
  public var momentum: Double
  public var isNesterov: Bool
  public var weightDecay: WeightDecay?

  public init(momentum: Double = 0, isNesterov: Bool = false, weightDecay: WeightDecay? = nil) {
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.weightDecay = weightDecay
  }

  public func updates(
    of parameters: [TrainedParameter], learningRate: Node, step: Node, slots: SlotRegistry
  ) throws(GraphError) -> [Computation.Update] {
    var updates: [Computation.Update] = []
    for parameter in parameters {
      let rate = try parameter.rate(learningRate)
      let value = try weightDecay.decayed(parameter, learningRate: rate)
      let change = try parameter.gradient * rate
      guard momentum != 0 else {
        updates.append(.init(parameter.variable, to: try value - change))
        continue
      }
      let slot = slots.slot("velocity", of: parameter.variable)
      let velocity = try Node.value(of: slot) * momentum - change
      let moved = isNesterov ? try value + velocity * momentum - change : try value + velocity
      updates.append(.init(parameter.variable, to: moved))
      updates.append(.init(slot, to: velocity))
    }
    return updates
  }
}
