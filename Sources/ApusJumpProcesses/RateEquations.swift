import ApusNumerics

extension ReactionNetwork {
  /// The network with the rates of its deterministic limit: `k·xⁿ/n!` in place of the ways to pick.
  var macroscopic: ReactionNetwork {
    var result = self
    for (index, reaction) in reactions.enumerated() {
      guard case .massAction(let constant) = reaction.rate else { continue }
      var law = constant
      for (species, count) in reaction.consumed.sorted(by: { $0.key < $1.key }) {
        for taken in 0..<count {
          law = law * .quantity(species)
          if taken > 0 { law = law / .number(Double(taken + 1)) }
        }
      }
      result.reactions[index].rate = .law(law)
    }
    return result
  }
}

/// The reaction-rate equations, `dx/dt = Σ νⱼ aⱼ(x, t)`, with rules and events, integrated by CVODE.
///
/// Conditions of events, and those at which rates jump, are followed to where they change.
struct RateEquations {
  private static let relativeTolerance = 1e-9
  private static let absoluteTolerance = 1e-9

  private let model: EventfulModel
  private let longestStep: Double
  /// The quantities that change all the time.
  private let variables: [Int]
  private let places: [Int: Int]
  private var values: [Double]
  private var time = 0.0
  private var queue: EventQueue
  /// The points that are written.
  private(set) var point = 0

  /// - Parameters:
  ///   - until: the last time.
  ///   - events: draws one of several events of equal priority.
  init(_ model: EventfulModel, until: Double, events: PhiloxStream) {
    self.model = model
    longestStep = model.isMoving ? until * StiffIntegration.shareOfStep : 0
    let changed = model.reactions.flatMap { $0.change.map(\.species) }
    variables = Set(changed + model.rateRules.map(\.target)).sorted()
    places = Dictionary(uniqueKeysWithValues: variables.enumerated().map { ($1, $0) })
    values = model.initial
    queue = EventQueue(model, counts: false, random: events)
  }

  /// Goes to the last of the times and writes `[point][output]`; gives what stopped it before.
  mutating func run(
    _ times: [Double], into samples: UnsafeMutableBufferPointer<Double>, isCancelled: () -> Bool
  ) -> JumpProcessError? {
    do throws(JumpProcessError) {
      try handleEvents()
      var progress = EventProgress()
      while point < times.count {
        if isCancelled() { throw .cancelled(time: time) }
        try advance(over: times, into: samples)
        try progress.check(time, point)
      }
      return nil
    } catch {
      return error
    }
  }

  /// Goes to the next event, or to the last time.
  private mutating func advance(
    over times: [Double], into samples: UnsafeMutableBufferPointer<Double>
  ) throws(JumpProcessError) {
    let check = queue.nextCheck(of: model, values, after: time)
    // What an event assigns is there at its own time. The solver takes no step of a few last digits.
    let near = time + 8 * time.ulp
    while point < times.count, times[point] <= time || times[point] <= near && near < check {
      write(at: times[point], into: samples)
    }
    guard point < times.count, let last = times.last else { return }
    if check <= near {
      time = check
      return try handleEvents()
    }
    var stops = times[point...].prefix { $0 < check }
    let awaitsCheck = check <= last
    if awaitsCheck { stops.append(check) }
    let reach = integrate(to: Array(stops))
    for (moment, row) in zip(stops, reach.rows) where !(awaitsCheck && moment == check) {
      set(row)
      write(at: moment, into: samples)
    }
    time = reach.time
    set(reach.state)
    if let error = reach.error { throw error }
    try handleEvents()
  }

  private mutating func handleEvents() throws(JumpProcessError) {
    model.applyRules(to: &values, at: time)
    _ = try queue.handle(model, &values, at: time)
  }

  private func integrate(to stops: [Double]) -> StiffIntegration.Reach {
    // Where nothing changes but the time a number that stays lets conditions be followed.
    let start = variables.isEmpty ? [0] : variables.map { values[$0] }
    let conditions = model.events.map(\.trigger) + model.switches
    var trial = values
    func set(_ state: [Double], at time: Double) {
      for (place, variable) in variables.enumerated() { trial[variable] = state[place] }
      model.applyRules(to: &trial, at: time)
    }
    return StiffIntegration.run(
      from: start, at: time, to: stops, relativeTolerance: Self.relativeTolerance,
      absoluteTolerance: Self.absoluteTolerance, longestStep: longestStep,
      conditions: conditions.count,
      { time, state in
        set(state, at: time)
        return conditions.map { $0.value(of: trial, time: time) != 0 }
      },
      slopes: { time, state, slopes in
        set(state, at: time)
        writeSlopes(of: trial, at: time, into: &slopes)
      })
  }

  private func writeSlopes(of values: [Double], at time: Double, into slopes: inout [Double]) {
    for place in slopes.indices { slopes[place] = 0 }
    for reaction in model.reactions {
      let rate = reaction.propensity.value(of: values, time: time)
      for (species, amount) in reaction.change {
        if let place = places[species] { slopes[place] += amount * rate }
      }
    }
    for rule in model.rateRules {
      if let place = places[rule.target] {
        slopes[place] += rule.value.value(of: values, time: time)
      }
    }
  }

  private mutating func set(_ state: [Double]) {
    for (place, variable) in variables.enumerated() { values[variable] = state[place] }
  }

  private mutating func write(
    at time: Double, into samples: UnsafeMutableBufferPointer<Double>
  ) {
    model.applyRules(to: &values, at: time)
    for (place, output) in model.outputs.enumerated() {
      samples[point * model.outputs.count + place] = values[output]
    }
    point += 1
  }
}
