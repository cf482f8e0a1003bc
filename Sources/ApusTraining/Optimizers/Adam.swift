import ApusGraph
import ApusTensors

/// Steps scaled by running means of the gradient and of its square.
///
/// `m ← m + (g − m)(1 − β₁)`, `v ← v + (g² − v)(1 − β₂)`,
/// `w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε)` at update `t`: Keras' formula, in which ε stands beside the
/// uncorrected `√v` (PyTorch's stands beside the corrected one).
///
/// Reference: Kingma, Ba (2014), "Adam", arXiv:1412.6980.
public struct Adam: Optimizer {
  /// `β₁`, the share of the mean that stays.
  public var meanDecay: Double
  /// `β₂`, the share of the mean square that stays.
  public var squareDecay: Double
  /// `ε`, which keeps the step finite where gradients vanish.
  public var epsilon: Double
  public var weightDecay: WeightDecay?

  public init(
    meanDecay: Double = 0.9, squareDecay: Double = 0.999, epsilon: Double = 1e-7,
    weightDecay: WeightDecay? = nil
  ) {
    self.meanDecay = meanDecay
    self.squareDecay = squareDecay
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  public func updates(
    of parameters: [TrainedParameter], learningRate: Node, step: Node, slots: SlotRegistry
  ) throws(GraphError) -> [Computation.Update] {
    let meanCorrection = try 1 - Node.constant(meanDecay).raised(to: step)
    let squareCorrection = try 1 - Node.constant(squareDecay).raised(to: step)
    let corrected = try learningRate * squareCorrection.squareRoot() / meanCorrection
    var updates: [Computation.Update] = []
    for parameter in parameters {
      let value = try weightDecay.decayed(
        parameter, learningRate: parameter.rate(learningRate))
      let gradient = parameter.gradient
      let (meanSlot, squareSlot) = (
        slots.slot("m", of: parameter.variable), slots.slot("v", of: parameter.variable)
      )
      let (mean, square) = (try Node.value(of: meanSlot), try Node.value(of: squareSlot))
      let newMean = try mean + (gradient - mean) * (1 - meanDecay)
      let newSquare = try square + (gradient.squared() - square) * (1 - squareDecay)
      let rate = try parameter.rate(corrected)
      let moved = try value - newMean * rate / (newSquare.squareRoot() + epsilon)
      updates.append(.init(parameter.variable, to: moved))
      updates.append(.init(meanSlot, to: newMean))
      updates.append(.init(squareSlot, to: newSquare))
    }
    return updates
  }
}

/// Adam with decoupled weight decay, by default Keras' 0.004 on parameters of two and more axes.
///
/// Reference: Loshchilov, Hutter (2017), "Decoupled weight decay regularization", arXiv:1711.05101.
public struct AdamW: Optimizer {
  /// Adam, with the decay.
  public var adam: Adam

  public init(
    weightDecay: WeightDecay = WeightDecay(0.004), meanDecay: Double = 0.9,
    squareDecay: Double = 0.999, epsilon: Double = 1e-7
  ) {
    adam = Adam(
      meanDecay: meanDecay, squareDecay: squareDecay, epsilon: epsilon, weightDecay: weightDecay)
  }

  public func updates(
    of parameters: [TrainedParameter], learningRate: Node, step: Node, slots: SlotRegistry
  ) throws(GraphError) -> [Computation.Update] {
    try adam.updates(of: parameters, learningRate: learningRate, step: step, slots: slots)
  }
}
