import ApusGraph
import ApusTensors

/// An exponential moving average of the weights, kept beside them.
///
/// `a ← a + (w − a)(1 − d)` after each update, with `d = min(decay, (1 + t)/(10 + t))` at update `t`, so that
/// the first weights are forgotten soon. Only weights are averaged: a model that predicts with averaged
/// weights takes the running statistics as they are.
///
/// Reference: Polyak, Juditsky (1992), "Acceleration of stochastic approximation by averaging".
public struct WeightAveraging: Sendable, Hashable {
  /// The share of the average that stays at each update, such as 0.999.
  public var decay: Double

  public init(decay: Double) { self.decay = decay }

  /// The updates of the averages of all parameters that `updates` changes.
  package func updates(
    after updates: [Computation.Update], of parameters: [Variable], step: Node,
    slots: SlotRegistry
  ) throws(GraphError) -> [Computation.Update] {
    guard decay >= 0, decay < 1 else {
      throw GraphError(
        "weightAveraging", .setting("the decay must be in 0 ..< 1, got \(decay)"))
    }
    let warming = try (step + 1) / (step + 10)
    let share = try 1 - Node.minimum(warming, decay)
    let averaged = Set(parameters)
    var result: [Computation.Update] = []
    for update in updates where averaged.contains(update.variable) {
      let slot = slots.average(of: update.variable)
      let average = try Node.value(of: slot)
      result.append(.init(slot, to: try average + (update.value - average) * share))
    }
    return result
  }
}
