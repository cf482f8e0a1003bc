/// The jumps of a reaction whose propensity reads the time, `a(x, t) = f(t) · g(x) · h(x, t)`.
struct TimedReaction: Sendable {
  let name: String
  /// `f`, of the time alone.
  private let factor: Formula
  /// `h`, of both; nil where there is none.
  private let mixed: Formula?
  /// Jumps with `g(x)` as rate; state −1 is outside.
  private(set) var firings: [NetworkStates.Firing] = []
  /// The values of all quantities at the start of each jump, where `h` reads them.
  private var values: [[Double]] = []

  /// - Returns: nil where the propensity does not read the time.
  init?(_ name: String, _ propensity: ModelExpression) {
    guard propensity.readsTime else { return nil }
    let timed = propensity.factors.filter(\.readsTime)
    let mixed = timed.filter { !$0.quantities.isEmpty }
    self.name = name
    factor = Formula(.apply(.multiply, timed.filter { $0.quantities.isEmpty }))
    self.mixed = mixed.isEmpty ? nil : Formula(.apply(.multiply, mixed))
  }

  /// `g`, the part of a propensity that does not read the time.
  static func steadyPart(of propensity: ModelExpression) -> ModelExpression {
    propensity.readsTime
      ? .apply(.multiply, propensity.factors.filter { !$0.readsTime }) : propensity
  }

  mutating func add(_ firing: NetworkStates.Firing, in values: @autoclosure () -> [Double]) {
    firings.append(firing)
    if mixed != nil { self.values.append(values()) }
  }

  /// Adds what the jumps change of probabilities `p` per unit of time.
  func addFlow(
    at time: Double, of p: [Double], into slopes: inout [Double]
  ) throws(JumpProcessError) {
    let factor = factor.value(of: [], time: time)
    for (index, firing) in firings.enumerated() {
      var rate = factor * firing.rate
      if let mixed { rate *= mixed.value(of: values[index], time: time) }
      guard rate >= 0, rate < .infinity else {
        throw .propensity(
          reaction: name, value: rate, time: time, state: "the process may be then")
      }
      slopes[firing.from] -= rate * p[firing.from]
      if firing.to >= 0 { slopes[firing.to] += rate * p[firing.from] }
    }
  }
}

extension ModelExpression {
  /// What the formula is the product of.
  var factors: [ModelExpression] {
    switch self {
    case .apply(.multiply, let parts): parts.flatMap(\.factors)
    case .apply(.divide, let parts): parts[0].factors + [1 / parts[1]]
    default: [self]
    }
  }
}

extension ReactionNetwork {
  /// The rising times at which comparisons with the time alone make rates jump.
  func rateJumps(until last: Double) -> [Double] {
    let resolver = resolver
    let moments = reactions.flatMap { reaction in
      Crossing.within(resolver.inlined(propensity(of: reaction))).filter(\.isOfTimeAlone)
        .map { $0.next(after: 0, values: []) }
    }
    return Set(moments).filter { $0 < last }.sorted()
  }

  /// Conditions on the time alone at which rates jump otherwise.
  var rateSwitches: [Formula] {
    let resolver = resolver
    return reactions.flatMap { reaction in
      Crossing.switches(in: resolver.inlined(propensity(of: reaction)))
        .filter(\.quantities.isEmpty).map(Formula.init)
    }
  }
}

extension NetworkStates {
  /// The distributions at rising `times`, by backward differences; rates may read the time.
  ///
  /// Each step's error is kept near a hundredth of `tolerance`; there is no bound on their sum. Steps
  /// end where rates jump.
  func integrate(at times: [Double], tolerance: Double) throws(JumpProcessError) -> [[Double]] {
    try StiffIntegration.run(
      from: initial, at: times, relativeTolerance: max(1e-13, 0.01 * tolerance),
      absoluteTolerance: 0.01 * tolerance / Double(count), readsTime: !timed.isEmpty,
      breaks: network.rateJumps(until: times.last ?? 0), switches: network.rateSwitches
    ) { time, p, slopes throws(JumpProcessError) in
      generator.flow(p, into: &slopes)
      for reaction in timed { try reaction.addFlow(at: time, of: p, into: &slopes) }
    }
  }
}
