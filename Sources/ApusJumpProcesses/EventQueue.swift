import ApusNumerics

/// The events of a path: which conditions hold, and what waits for its delay.
struct EventQueue: Sendable {
  /// Whether amounts that reactions change are whole numbers.
  private let counts: Bool
  private var random: PhiloxStream
  private var holds: [Bool]
  private var waiting: [Pending] = []

  /// An event between its trigger and its assignments.
  private struct Pending: Sendable {
    var event: Int
    var time: Double
    var values: [Double]?
  }

  /// - Parameter random: draws one of several events of equal priority.
  init(_ model: EventfulModel, counts: Bool, random: PhiloxStream) {
    self.counts = counts
    self.random = random
    holds = model.events.map(\.startsTrue)
  }

  /// The next time after `time` at which an event may happen though amounts stay.
  func nextCheck(of model: EventfulModel, _ values: [Double], after time: Double) -> Double {
    var next = waiting.map(\.time).min() ?? .infinity
    for crossing in model.crossings {
      next = min(next, crossing.next(after: time, values: values))
    }
    return next
  }

  /// Whether some condition is not as it was when last looked at.
  func differs(in model: EventfulModel, _ values: [Double], at time: Double) -> Bool {
    zip(model.events, holds).contains { event, held in
      (event.trigger.value(of: values, time: time) != 0) != held
    }
  }

  /// Does what events ask for at this time; true where one happened.
  mutating func handle(
    _ model: EventfulModel, _ values: inout [Double], at time: Double
  ) throws(JumpProcessError) -> Bool {
    guard !model.events.isEmpty else { return false }
    var happened = false
    for _ in 0..<10_000 {
      try trigger(model, values, at: time)
      guard let index = try due(model, values, at: time) else { return happened }
      let pending = waiting.remove(at: index)
      let event = model.events[pending.event]
      let new = pending.values ?? event.newValues(values, at: time)
      try assign(new, of: event, to: &values, model, at: time)
      happened = true
    }
    throw .endlessEvents(time: time)
  }

  /// Sets all that an event sets; concentrations last, for they take the sizes that are then.
  private func assign(
    _ new: [Double], of event: EventfulModel.Event, to values: inout [Double],
    _ model: EventfulModel, at time: Double
  ) throws(JumpProcessError) {
    for isConcentration in [false, true] {
      for (assignment, value) in zip(event.assignments, new)
      where (assignment.size != nil) == isConcentration {
        let size = assignment.size.map { values[$0] } ?? 1
        values[assignment.target] = try checked(
          value * size, for: assignment.target, of: event, model, at: time)
      }
      model.applyRules(to: &values, at: time)
    }
  }

  private func checked(
    _ value: Double, for target: Int, of event: EventfulModel.Event, _ model: EventfulModel,
    at time: Double
  ) throws(JumpProcessError) -> Double {
    guard value.isFinite else {
      throw .event(
        event.name, time: time,
        "sets \(model.names[target]) to \(value); expected a finite number")
    }
    guard counts, model.counted.contains(target) else { return value }
    let whole = value.rounded()
    guard 0...0x1p53 ~= value, (value - whole).magnitude <= 1e-9 * max(1, whole) else {
      throw .event(
        event.name, time: time,
        "sets \(model.names[target]) to \(value.shortText): paths count, so expected a whole number "
          + "from 0 to 2^53; --method ode takes others")
    }
    return whole
  }

  /// Looks at every condition; one that became true makes its event wait for its delay.
  private mutating func trigger(
    _ model: EventfulModel, _ values: [Double], at time: Double
  ) throws(JumpProcessError) {
    for (index, event) in model.events.enumerated() {
      let isTrue = event.trigger.value(of: values, time: time) != 0
      defer { holds[index] = isTrue }
      if !isTrue, !event.isPersistent { waiting.removeAll { $0.event == index } }
      guard isTrue, !holds[index] else { continue }
      let delay = event.delay?.value(of: values, time: time) ?? 0
      guard delay >= 0 else {
        throw .event(event.name, time: time, "has a delay of \(delay); expected at least 0")
      }
      let taken = event.takesValuesAtTrigger ? event.newValues(values, at: time) : nil
      waiting.append(Pending(event: index, time: time + delay, values: taken))
    }
  }

  /// Of the events whose delay is over one of highest priority; of those without one the first.
  private mutating func due(
    _ model: EventfulModel, _ values: [Double], at time: Double
  ) throws(JumpProcessError) -> Int? {
    var best: [Int] = []
    var highest = -Double.infinity
    for (index, pending) in waiting.enumerated() where pending.time <= time {
      let event = model.events[pending.event]
      let priority = event.priority?.value(of: values, time: time) ?? -.infinity
      guard !priority.isNaN else {
        throw .event(event.name, time: time, "has a priority that is no number")
      }
      if priority > highest { best = [] }
      if priority >= highest { best.append(index) }
      highest = max(highest, priority)
    }
    guard highest > -.infinity, best.count > 1 else { return best.first }
    return best[random.uniformInteger(below: best.count)]
  }
}

/// Finds out where events follow each other ever faster, so that time stands still.
struct EventProgress {
  private static let window = 10_000
  /// The share of the time that a window must cover.
  private static let leastShare = 1e-6

  private var start = 0.0
  private var steps = 0
  private var others = 0

  /// - Parameter others: what else went on, such as reactions; where it does, all is well.
  mutating func check(_ time: Double, _ others: Int) throws(JumpProcessError) {
    if others != self.others { (steps, start, self.others) = (0, time, others) }
    steps += 1
    guard steps >= Self.window else { return }
    guard time - start > Self.leastShare * time else { throw .endlessEvents(time: time) }
    (steps, start) = (0, time)
  }
}
