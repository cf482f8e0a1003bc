import ApusNumerics

/// Exact paths of any network: general rate laws, rules and events, one path at a time.
///
/// The direct method with a dependency graph. Events are found where they happen: after each
/// reaction, and at the times at which a comparison with the time changes its truth, which are
/// computed between reactions. Where rates or amounts change between reactions they are followed by
/// ``Drift``. Use it where the faster loops cannot go.
///
/// Reference: Gillespie (1977), "Exact stochastic simulation of coupled chemical reactions", J.
/// Phys. Chem. 81.
struct EventfulPath: ~Copyable {
  let model: EventfulModel
  private var random: PhiloxStream
  private var values: [Double]
  private var propensities: [Double]
  private var total = 0.0
  private var time = 0.0
  private var queue: EventQueue
  private(set) var firings = 0
  /// The points that are written.
  private(set) var point = 0

  /// - Parameters:
  ///   - random: draws the reactions.
  ///   - events: draws one of several events of equal priority.
  init(_ model: EventfulModel, random: PhiloxStream, events: PhiloxStream) {
    self.model = model
    self.random = random
    values = model.initial
    propensities = Array(repeating: 0, count: model.reactions.count)
    queue = EventQueue(model, counts: true, random: events)
  }

  /// Runs to the last of the simulation's times and writes `[point][output]`; gives what stopped it
  /// before.
  mutating func run(
    _ simulation: Simulation, into samples: UnsafeMutableBufferPointer<Double>, path: Int,
    isCancelled: () -> Bool
  ) -> JumpProcessError? {
    let times = simulation.times
    var drift = Drift(model, until: times.last ?? 0)
    do throws(JumpProcessError) {
      try handleEvents()
      try updateAll()
      var steps = 0
      var progress = EventProgress()
      while point < times.count {
        if firings > simulation.eventLimit {
          throw .eventLimit(limit: simulation.eventLimit, path: path, time: time)
        }
        steps += 1
        if steps & 0xFFF == 0, isCancelled() { throw .cancelled(time: time) }
        if model.isMoving {
          try flow(&drift, over: times, into: samples)
        } else {
          try advance(over: times, into: samples)
        }
        try progress.check(time, firings &+ point)
      }
      return nil
    } catch {
      return error
    }
  }

  /// Goes to the next reaction or event, or to the last time.
  private mutating func advance(
    over times: [Double], into samples: UnsafeMutableBufferPointer<Double>
  ) throws(JumpProcessError) {
    let next = total > 0 ? time - logOfUniform() / total : .infinity
    let check = queue.nextCheck(of: model, values, after: time)
    let reached = min(next, check)
    while point < times.count, times[point] < reached { write(values, into: samples) }
    guard point < times.count else { return }
    time = reached
    if check <= next {
      try handleEvents()
      try updateAll()
    } else {
      try fire()
    }
  }

  /// The same where rates or amounts change meanwhile.
  private mutating func flow(
    _ drift: inout Drift, over times: [Double], into samples: UnsafeMutableBufferPointer<Double>
  ) throws(JumpProcessError) {
    let check = queue.nextCheck(of: model, values, after: time)
    let last = min(check, times.last ?? 0)
    let steady = model.steadyReactions.reduce(0) { $0 + propensities[$1] }
    drift.begin(values, at: time, steadyTotal: steady, waiting: -logOfUniform())
    var end = Drift.End.none
    while end == .none {
      let (moment, found) = try drift.step(to: last, queue)
      end = found == .none && moment >= check ? .check : found
      let isOver = end == .none && moment >= last
      while point < times.count, times[point] < moment || isOver {
        write(drift.values(at: times[point]), into: samples)
      }
      guard point < times.count else { return }
      time = moment
    }
    values = drift.values(at: time)
    try updateAll()
    if end == .reaction {
      try fire()
    } else {
      try handleEvents()
      try updateAll()
    }
  }

  /// The logarithm of a number uniform in `(0, 1]`.
  private mutating func logOfUniform() -> Double {
    naturalLogarithm(1 - uniform())
  }

  private mutating func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }

  private mutating func write(
    _ values: [Double], into samples: UnsafeMutableBufferPointer<Double>
  ) {
    for (place, output) in model.outputs.enumerated() {
      samples[point * model.outputs.count + place] = values[output]
    }
    point += 1
  }

  // MARK: Reactions

  private mutating func fire() throws(JumpProcessError) {
    let target = uniform() * total
    var sum = 0.0
    var chosen = -1
    for (index, propensity) in propensities.enumerated() where propensity > 0 {
      chosen = index
      sum += propensity
      if target < sum { break }
    }
    guard chosen >= 0 else { return try updateAll() }
    let reaction = model.reactions[chosen]
    for (species, amount) in reaction.change { values[species] += amount }
    firings += 1
    for rule in reaction.rules { apply(model.rules[rule]) }
    for dependent in reaction.dependents { try update(dependent) }
    // Anew, for the sum less a large rate has lost the small ones.
    total = propensities.reduce(0, +)
    if !model.events.isEmpty { if try handleEvents() { try updateAll() } }
  }

  private mutating func apply(_ rule: EventfulModel.Rule) {
    values[rule.target] = rule.value.value(of: values, time: time)
  }

  private mutating func update(_ index: Int) throws(JumpProcessError) {
    let reaction = model.reactions[index]
    let propensity = reaction.propensity.value(of: values, time: time)
    guard let rate = model.rate(propensity) else {
      throw .propensity(
        reaction: reaction.name, value: propensity, time: time, state: model.state(values))
    }
    propensities[index] = rate
  }

  private mutating func updateAll() throws(JumpProcessError) {
    model.applyRules(to: &values, at: time)
    for index in propensities.indices { try update(index) }
    total = propensities.reduce(0, +)
  }

  /// Does what events ask for at this time; true where one happened.
  @discardableResult
  private mutating func handleEvents() throws(JumpProcessError) -> Bool {
    try queue.handle(model, &values, at: time)
  }
}
