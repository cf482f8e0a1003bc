import ApusNumerics
import CJumpProcesses

/// The loops that a simulation uses.
enum SimulationEngine: Sendable {
  case lanes(SlotForm)
  case turn(SlotForm, apus_method)
  case eventful(EventfulModel)
  case approximate(ApproximateModel)
  case rateEquations(EventfulModel)

  static let laneLimit = 128
  /// Instructions of a program, above which computing only what moved is faster.
  private static let laneProgramLimit = 1000

  /// The engine for a method, or the best for a network.
  static func choose(
    _ method: SimulationMethod, for network: ReactionNetwork, paths: Int
  ) throws(JumpProcessError) -> (engine: SimulationEngine, method: SimulationMethod) {
    if method == .rateEquations {
      return (.rateEquations(EventfulModel(network.macroscopic)), method)
    }
    if method == .langevin { return (.approximate(try ApproximateModel(network, method)), method) }
    let network = network.withPossibleJumps
    if !method.isExact { return (.approximate(try ApproximateModel(network, method)), method) }
    guard let form = SlotForm(network) else {
      guard method == .automatic || method == .direct else {
        throw .needsPlainNetwork(method, network.name)
      }
      return (.eventful(EventfulModel(network)), .direct)
    }
    let chosen = method == .automatic ? best(form, paths: paths) : method
    guard chosen == .lanes else { return (.turn(form, chosen.loop), chosen) }
    guard form.rate.count <= laneLimit else {
      throw .unsupported(
        "--method lanes takes at most \(laneLimit) reactions, \(network.name) has "
          + "\(form.rate.count)")
    }
    return (.lanes(form), .lanes)
  }

  private static func best(_ form: SlotForm, paths: Int) -> SimulationMethod {
    let reactions = form.rate.count
    if paths > 2, reactions <= 100, form.program.count <= laneProgramLimit { return .lanes }
    if reactions <= 256 { return .direct }
    return reactions <= 200_000 ? .sumTree : .compositionRejection
  }

  /// What became of a group of paths.
  struct Outcome {
    /// The first so many are whole.
    var paths: Int
    /// So many have begun, and each has so many points at least.
    var begun: Int
    var points: Int
    var events: Int
    /// What stopped the first path that is not whole.
    var error: JumpProcessError?
  }

  /// Simulates the paths of these numbers; `samples` is `[path][point][output]`.
  func simulate(
    _ range: Range<Int>, of simulation: Simulation,
    into samples: UnsafeMutableBufferPointer<Double>, isCancelled: @escaping () -> Bool
  ) -> Outcome {
    switch self {
    case .lanes(let form):
      return Self.run(form, range, of: simulation, isCancelled) {
        apus_paths_in_lanes($0, $1, Int64(range.count), $2, samples.baseAddress)
      }
    case .turn(let form, let method):
      return Self.run(form, range, of: simulation, isCancelled) {
        apus_paths_in_turn($0, $1, method, Int64(range.count), $2, samples.baseAddress)
      }
    case .eventful(let model):
      return Self.run(range, of: simulation, into: samples) { random, part, index in
        var path = EventfulPath(
          model, random: random, events: Self.stream(StreamPurpose.events, index, of: simulation))
        let error = path.run(simulation, into: part, path: index, isCancelled: isCancelled)
        return (path.firings, path.point, error)
      }
    case .approximate(let model):
      return Self.run(range, of: simulation, into: samples) { random, part, index in
        model.run(simulation, random, into: part, path: index, isCancelled: isCancelled)
      }
    case .rateEquations(let model):
      return Self.run(range, of: simulation, into: samples) { _, part, index in
        var equations = RateEquations(
          model, until: simulation.until,
          events: Self.stream(StreamPurpose.events, index, of: simulation))
        let error = equations.run(simulation.times, into: part, isCancelled: isCancelled)
        return (0, equations.point, error)
      }
    }
  }

  private static func stream(
    _ purpose: UInt32, _ path: Int, of simulation: Simulation
  ) -> PhiloxStream {
    PhiloxStream(seed: simulation.seed, purpose: purpose, index: UInt64(path))
  }

  /// Runs paths one after another, each with its own stream.
  private static func run(
    _ range: Range<Int>, of simulation: Simulation,
    into samples: UnsafeMutableBufferPointer<Double>,
    _ path: (PhiloxStream, UnsafeMutableBufferPointer<Double>, Int) -> (
      events: Int, points: Int, error: JumpProcessError?
    )
  ) -> Outcome {
    let size = samples.count / range.count
    var outcome = Outcome(paths: 0, begun: 0, points: simulation.points, events: 0)
    for (place, index) in range.enumerated() {
      let random = stream(StreamPurpose.path, index, of: simulation)
      let part = UnsafeMutableBufferPointer(rebasing: samples[place * size..<(place + 1) * size])
      let (events, points, error) = path(random, part, index)
      outcome.events += events
      outcome.begun += 1
      outcome.points = min(outcome.points, points)
      outcome.error = error
      if error != nil { return outcome }
      outcome.paths += 1
    }
    return outcome
  }

  private static func run(
    _ form: SlotForm, _ range: Range<Int>, of simulation: Simulation,
    _ isCancelled: @escaping () -> Bool,
    _ loop: (
      UnsafePointer<apus_network>, UnsafePointer<apus_record>, UnsafePointer<UInt64>
    ) -> apus_outcome
  ) -> Outcome {
    let seeds = range.flatMap { index in
      var stream = stream(StreamPurpose.path, index, of: simulation)
      return (0..<4).map { _ in stream.next() }
    }
    var faultSlots = [Double](repeating: 0, count: form.initial.count)
    let outcome = form.withNetwork { network in
      form.withRecord(of: simulation, &faultSlots, isCancelled) { record in
        seeds.withUnsafeBufferPointer { seeds -> apus_outcome in
          guard let first = seeds.baseAddress else { return apus_outcome() }
          return loop(network, record, first)
        }
      }
    }
    return Outcome(
      paths: Int(outcome.whole), begun: Int(outcome.begun), points: Int(outcome.points),
      events: Int(outcome.events),
      error: error(of: outcome, form, faultSlots, from: range.lowerBound, simulation))
  }

  private static func error(
    of outcome: apus_outcome, _ form: SlotForm, _ slots: [Double], from first: Int,
    _ simulation: Simulation
  ) -> JumpProcessError? {
    let network = simulation.network
    switch outcome.status {
    case APUS_PATHS_DONE: return nil
    case APUS_PATHS_EVENT_LIMIT:
      return .eventLimit(
        limit: simulation.eventLimit, path: first + Int(outcome.path), time: outcome.time)
    case APUS_PATHS_STOPPED: return .cancelled(time: outcome.time)
    case APUS_PATHS_PROPENSITY:
      let values = form.outputSlot.map { slots[Int($0)] }
      return .propensity(
        reaction: network.reactions[Int(outcome.reaction)].name, value: outcome.propensity,
        time: outcome.time,
        state: network.text(ofOutputs: values))
    default: return .memory("there is not enough memory for a path")
    }
  }
}

extension SimulationMethod {
  fileprivate var loop: apus_method {
    switch self {
    case .nextReaction: APUS_METHOD_NEXT_REACTION
    case .sumTree: APUS_METHOD_SUM_TREE
    case .compositionRejection: APUS_METHOD_COMPOSITION_REJECTION
    default: APUS_METHOD_DIRECT
    }
  }
}

extension ReactionNetwork {
  /// The state in words, for errors: `X = 3, Y = 0`.
  func text(ofOutputs values: [Double]) -> String {
    let shown = zip(outputs, values).prefix(8).map { "\(quantities[$0].name) = \($1.shortText)" }
    return shown.joined(separator: ", ") + (values.count > 8 ? ", …" : "")
  }
}
