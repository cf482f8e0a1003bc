import ApusNumerics

/// What changes of a path between two reactions, and when the next one comes.
///
/// With rates that change in time the time to the next reaction is where the integral of their sum
/// reaches an exponential number of mean 1. The integral is followed along with the quantities of
/// rate rules, with an error of about 10⁻⁹ a step; steps end where a comparison with the time
/// changes, and none is longer than a two-hundredth of the whole, so that no pulse is passed over
/// that lasts longer than that.
///
/// Reference: Davis (1984), "Piecewise-deterministic Markov processes: a general class of
/// non-diffusion stochastic models", J. R. Stat. Soc. B 46.
struct Drift {
  /// How a step ended.
  enum End {
    /// Nothing happened.
    case none
    case reaction
    /// A condition changed, or the time to look at it has come.
    case check
  }

  private static let tolerance = 1e-9
  private let longestStep: Double
  private let motion: Motion
  private var integration: DormandPrince
  private var waiting = 0.0

  /// - Parameter until: the last time of the path.
  init(_ model: EventfulModel, until: Double) {
    longestStep = until * StiffIntegration.shareOfStep
    motion = Motion(model)
    integration = DormandPrince(
      Array(repeating: 0, count: model.rateRules.count + 1), absoluteTolerance: Self.tolerance,
      relativeTolerance: Self.tolerance)
  }

  /// Begins after a reaction or an event.
  ///
  /// - Parameters:
  ///   - steadyTotal: the sum of the propensities that do not move.
  ///   - waiting: what the integral of all of them comes to at the next reaction.
  mutating func begin(
    _ values: [Double], at time: Double, steadyTotal: Double, waiting: Double
  ) {
    motion.values = values
    motion.steadyTotal = steadyTotal
    self.waiting = waiting
    integration.restart(from: motion.model.rateRules.map { values[$0.target] } + [0], at: time)
  }

  /// Goes on for one step, at most to `end`.
  mutating func step(
    to end: Double, _ queue: EventQueue
  ) throws(JumpProcessError) -> (time: Double, end: End) {
    let target = min(end, integration.time + longestStep)
    let isDone = integration.step(to: target) { [motion] time, state, slopes in
      motion.writeSlopes(of: state, at: time, into: &slopes)
    }
    guard isDone else {
      throw .integration(time: integration.time, reason: "a rate is no finite number just after")
    }
    var reached = (time: integration.time, end: End.none)
    let place = motion.model.rateRules.count
    if integration.values[place] >= waiting {
      let moment = first(upTo: integration.time) { integration.value(place, at: $0) >= waiting }
      reached = (moment, .reaction)
    }
    if let moment = change(of: queue, upTo: reached.time) { reached = (moment, .check) }
    try motion.model.checkRates(values(at: reached.time), at: reached.time)
    return reached
  }

  /// The values of all quantities at a time within the last step.
  func values(at time: Double) -> [Double] {
    let model = motion.model
    var values = motion.values
    for (place, rule) in model.rateRules.enumerated() {
      values[rule.target] = integration.value(place, at: time)
    }
    model.applyRules(to: &values, at: time)
    return values
  }

  /// The first time in the last step at which a condition has changed.
  private func change(of queue: EventQueue, upTo end: Double) -> Double? {
    guard !motion.model.events.isEmpty else { return nil }
    let start = integration.lastTime
    for part in 1...4 {
      let moment = part == 4 ? end : start + (end - start) * Double(part) / 4
      guard queue.differs(in: motion.model, values(at: moment), at: moment) else { continue }
      return first(upTo: moment) { queue.differs(in: motion.model, values(at: $0), at: $0) }
    }
    return nil
  }

  /// Where in the last step something has become true that is true at `end`.
  private func first(upTo end: Double, _ isTrue: (Double) -> Bool) -> Double {
    var (low, high) = (integration.lastTime, end)
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return high }
      if isTrue(middle) { high = middle } else { low = middle }
    }
  }
}

/// What the slopes between two reactions are computed from.
private final class Motion {
  let model: EventfulModel
  var values: [Double]
  var steadyTotal = 0.0

  init(_ model: EventfulModel) {
    self.model = model
    values = model.initial
  }

  /// Writes the slopes of the quantities of rate rules, and the sum of all propensities.
  func writeSlopes(of state: [Double], at time: Double, into slopes: inout [Double]) {
    for (place, rule) in model.rateRules.enumerated() { values[rule.target] = state[place] }
    for index in model.movingRules {
      let rule = model.rules[index]
      values[rule.target] = rule.value.value(of: values, time: time)
    }
    for (place, rule) in model.rateRules.enumerated() {
      slopes[place] = rule.value.value(of: values, time: time)
    }
    // A rate below zero within a step is looked at where the step has become sure.
    slopes[model.rateRules.count] = model.movingReactions.reduce(steadyTotal) { sum, reaction in
      let propensity = model.reactions[reaction].propensity.value(of: values, time: time)
      return propensity < 0 ? sum : sum + propensity
    }
  }
}
