import ApusNumerics

/// Exact paths of any network: general rate laws, rules and events, one path at a time.
///
/// The direct method with a dependency graph. Events are found where they happen: after each
/// reaction, and at the times at which a comparison with the time changes its truth, which are
/// computed between reactions. Use it where the faster loops cannot go.
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
  private var isTriggered: [Bool]
  private var waiting: [Pending] = []
  private(set) var firings = 0
  /// The points that are written.
  private(set) var point = 0

  /// An event between its trigger and its assignments.
  private struct Pending {
    var event: Int
    var time: Double
    var values: [Double]?
  }

  init(_ model: EventfulModel, random: PhiloxStream) {
    self.model = model
    self.random = random
    values = model.initial
    propensities = Array(repeating: 0, count: model.reactions.count)
    isTriggered = model.events.map(\.startsTrue)
  }

  /// Runs to the last of `times` and writes `[point][output]`; gives what stopped it before.
  mutating func run(
    times: [Double], into samples: UnsafeMutableBufferPointer<Double>, eventLimit: Int, path: Int
  ) -> JumpProcessError? {
    do throws(JumpProcessError) {
      try advance(over: times, into: samples, eventLimit: eventLimit, path: path)
      return nil
    } catch {
      return error
    }
  }

  private mutating func advance(
    over times: [Double], into samples: UnsafeMutableBufferPointer<Double>, eventLimit: Int,
    path: Int
  ) throws(JumpProcessError) {
    try handleEvents()
    try updateAll()
    while point < times.count {
      if firings > eventLimit {
        throw .eventLimit(limit: eventLimit, path: path, time: time)
      }
      let next = total > 0 ? time - logOfUniform() / total : .infinity
      let check = nextCheck()
      let reached = min(next, check)
      while point < times.count, times[point] < reached {
        write(point, into: samples)
        point += 1
      }
      guard point < times.count else { return }
      time = reached
      if check <= next {
        try handleEvents()
        try updateAll()
      } else {
        try fire()
      }
    }
  }

  /// The logarithm of a number uniform in `(0, 1]`.
  private mutating func logOfUniform() -> Double {
    naturalLogarithm(1 - uniform())
  }

  private mutating func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }

  private func write(_ point: Int, into samples: UnsafeMutableBufferPointer<Double>) {
    for (place, output) in model.outputs.enumerated() {
      samples[point * model.outputs.count + place] = values[output]
    }
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
    if firings & 255 == 0 { total = propensities.reduce(0, +) }  // rounding must not drift
    if !model.events.isEmpty { if try handleEvents() { try updateAll() } }
  }

  private mutating func apply(_ rule: EventfulModel.Rule) {
    values[rule.target] = rule.value.value(of: values, time: time)
  }

  private mutating func update(_ index: Int) throws(JumpProcessError) {
    let reaction = model.reactions[index]
    let propensity = reaction.propensity.value(of: values, time: time)
    guard propensity >= 0, propensity < .infinity else {
      throw .propensity(
        reaction: reaction.name, value: propensity, time: time, state: model.state(values))
    }
    total += propensity - propensities[index]
    propensities[index] = propensity
  }

  private mutating func updateAll() throws(JumpProcessError) {
    for rule in model.rules { apply(rule) }
    for index in propensities.indices { try update(index) }
    total = propensities.reduce(0, +)
  }

  // MARK: Events

  /// The next time at which an event may happen without a reaction.
  private func nextCheck() -> Double {
    var next = waiting.map(\.time).min() ?? .infinity
    for event in model.events {
      for crossing in event.crossings {
        next = min(next, crossing.next(after: time, values: values))
      }
    }
    return next
  }

  /// Does what events ask for at this time; true where one happened.
  @discardableResult
  private mutating func handleEvents() throws(JumpProcessError) -> Bool {
    guard !model.events.isEmpty else { return false }
    var happened = false
    for _ in 0..<10_000 {
      trigger()
      guard let index = due() else { return happened }
      let pending = waiting.remove(at: index)
      let event = model.events[pending.event]
      let new =
        pending.values ?? event.assignments.map { $0.value.value(of: values, time: time) }
      for (assignment, value) in zip(event.assignments, new) {
        values[assignment.target] = value
      }
      for rule in model.rules { apply(rule) }
      happened = true
    }
    throw .endlessEvents(time: time)
  }

  /// Looks at every condition; one that became true makes its event wait for its delay.
  private mutating func trigger() {
    for (index, event) in model.events.enumerated() {
      let isTrue = event.trigger.value(of: values, time: time) != 0
      defer { isTriggered[index] = isTrue }
      if !isTrue, !event.isPersistent { waiting.removeAll { $0.event == index } }
      guard isTrue, !isTriggered[index] else { continue }
      let delay = event.delay?.value(of: values, time: time) ?? 0
      let taken =
        event.takesValuesAtTrigger
        ? event.assignments.map { $0.value.value(of: values, time: time) } : nil
      waiting.append(Pending(event: index, time: time + max(0, delay), values: taken))
    }
  }

  /// Of the events whose delay is over the one of highest priority, the first of them in the model.
  private func due() -> Int? {
    var best: (index: Int, priority: Double)?
    for (index, pending) in waiting.enumerated() where pending.time <= time {
      let event = model.events[pending.event]
      let priority = event.priority?.value(of: values, time: time) ?? -.infinity
      if best == nil || priority > (best?.priority ?? 0) { best = (index, priority) }
    }
    return best?.index
  }
}
