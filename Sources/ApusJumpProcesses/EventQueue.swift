/// The events of a path: which conditions hold, and what waits for its delay.
struct EventQueue: Sendable {
  private var holds: [Bool]
  private var waiting: [Pending] = []

  /// An event between its trigger and its assignments.
  private struct Pending: Sendable {
    var event: Int
    var time: Double
    var values: [Double]?
  }

  init(_ model: EventfulModel) {
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
      trigger(model, values, at: time)
      guard let index = due(model, values, at: time) else { return happened }
      let pending = waiting.remove(at: index)
      let event = model.events[pending.event]
      let new = pending.values ?? event.newValues(values, at: time)
      for (assignment, value) in zip(event.assignments, new) {
        values[assignment.target] = value
      }
      model.applyRules(to: &values, at: time)
      happened = true
    }
    throw .endlessEvents(time: time)
  }

  /// Looks at every condition; one that became true makes its event wait for its delay.
  private mutating func trigger(_ model: EventfulModel, _ values: [Double], at time: Double) {
    for (index, event) in model.events.enumerated() {
      let isTrue = event.trigger.value(of: values, time: time) != 0
      defer { holds[index] = isTrue }
      if !isTrue, !event.isPersistent { waiting.removeAll { $0.event == index } }
      guard isTrue, !holds[index] else { continue }
      let delay = event.delay?.value(of: values, time: time) ?? 0
      let taken = event.takesValuesAtTrigger ? event.newValues(values, at: time) : nil
      waiting.append(Pending(event: index, time: time + max(0, delay), values: taken))
    }
  }

  /// Of the events whose delay is over the one of highest priority, the first of them in the model.
  private func due(_ model: EventfulModel, _ values: [Double], at time: Double) -> Int? {
    var best: (index: Int, priority: Double)?
    for (index, pending) in waiting.enumerated() where pending.time <= time {
      let priority =
        model.events[pending.event].priority?.value(of: values, time: time) ?? -.infinity
      if best == nil || priority > (best?.priority ?? 0) { best = (index, priority) }
    }
    return best?.index
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
