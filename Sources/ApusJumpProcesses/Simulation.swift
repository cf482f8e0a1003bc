import ApusNumerics
import CJumpProcesses

/// Many paths of a network and what they have in common.
///
/// Path `i` draws from the Philox stream of the seed and `i` (the loops over plain rates expand its
/// first 256 bits with xoshiro256+), and sums are taken in the order of the paths: the result does
/// not depend on the number of threads.
public struct Simulation: Sendable {
  public var network: ReactionNetwork
  /// The last time, in the model's unit.
  public var until: Double
  /// The number of times that are written down, from 0 to `until` in equal steps.
  public var points: Int
  public var paths: Int
  public var seed: UInt64 = 0
  public var method = SimulationMethod.automatic
  public var threads = 1
  /// The most reactions that one path may fire.
  public var eventLimit = 1_000_000_000
  /// How many of the first paths are kept whole.
  public var keptPaths = 0
  /// Quantiles to compute at each point; all paths are kept in memory for them.
  public var quantiles: [Double] = []

  public init(_ network: ReactionNetwork, until: Double, points: Int = 101, paths: Int = 1) {
    self.network = network
    self.until = until
    self.points = points
    self.paths = paths
  }

  /// How far a simulation has come.
  public struct Progress: Sendable {
    public var paths: Int
    public var totalPaths: Int
    public var events: Int
  }

  /// The times that are written down.
  public var times: [Double] {
    points == 1 ? [until] : (0..<points).map { until * Double($0) / Double(points - 1) }
  }

  private func check() throws(JumpProcessError) {
    guard until > 0, until < .infinity else {
      throw .setting("--until: expected a number above 0, got \(until)")
    }
    guard 1...10_000_000 ~= points else {
      throw .setting("--points: expected 1 to 10000000, got \(points)")
    }
    guard 1...1_000_000_000 ~= paths else {
      throw .setting("--paths: expected 1 to 1000000000, got \(paths)")
    }
    guard quantiles.allSatisfy({ 0...1 ~= $0 }) else {
      throw .setting("--quantiles: expected numbers from 0 to 1")
    }
    let keeps = quantiles.isEmpty ? min(keptPaths, paths) : paths
    let numbers = Double(points) * Double(network.outputs.count)
    let bytes = 8 * numbers * (Double(keeps) + Double(threads * blockSize) + 8)
    guard bytes < 8e9 else {
      throw .memory(
        "\(points) points of \(network.outputs.count) quantities on \(paths) paths need about "
          + "\(Int(bytes / 1e9)) GB; expected at most 8 GB, so ask for fewer points or paths")
    }
  }

  /// Paths that one thread simulates at a time; a function of their number alone.
  private var blockSize: Int { min(256, max(16, (paths / 8 + 15) / 16 * 16)) }

  /// Simulates all paths.
  ///
  /// - Parameters:
  ///   - isCancelled: asked between groups of paths; those that are done make the result.
  ///   - report: called from any thread, one call at a time.
  /// - Returns: the ensemble, with the reason where it has fewer paths than asked for.
  public func run(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    report: @escaping @Sendable (Progress) -> Void = { _ in }
  ) throws(JumpProcessError) -> Ensemble {
    try check()
    let (engine, chosen) = try SimulationEngine.choose(method, for: network, paths: paths)
    let size = blockSize
    let blocks = (paths + size - 1) / size
    let collector = EnsembleCollector(self, method: chosen)
    parallel(threads: threads, items: blocks) { block in
      if collector.isStopped || isCancelled() { return }
      let range = block * size..<min(paths, (block + 1) * size)
      let samples = UnsafeMutableBufferPointer<Double>.allocate(
        capacity: range.count * points * network.outputs.count)
      defer { samples.deallocate() }
      samples.initialize(repeating: 0)
      let outcome = simulate(range, with: engine, into: samples)
      if let progress = collector.add(outcome, block: block, paths: range, samples) {
        report(progress)
      }
    }
    return try collector.ensemble()
  }

  /// What became of a group of paths: how many are whole, and what stopped the next.
  struct Outcome {
    var paths: Int
    var events: Int
    var error: JumpProcessError?
  }

  private func simulate(
    _ range: Range<Int>, with engine: SimulationEngine,
    into samples: UnsafeMutableBufferPointer<Double>
  ) -> Outcome {
    switch engine {
    case .lanes(let form):
      run(form, range) { apus_paths_in_lanes($0, $1, Int64(range.count), $2, samples.baseAddress) }
    case .turn(let form, let method):
      run(form, range) {
        apus_paths_in_turn(
          $0, $1, method.loop, Int64(range.count), $2, samples.baseAddress)
      }
    case .eventful(let model): run(model, range, into: samples)
    }
  }

  private func run(
    _ model: EventfulModel, _ range: Range<Int>, into samples: UnsafeMutableBufferPointer<Double>
  ) -> Outcome {
    let times = times
    let size = points * model.outputs.count
    var events = 0
    for (place, index) in range.enumerated() {
      var path = EventfulPath(
        model, random: PhiloxStream(seed: seed, purpose: StreamPurpose.path, index: UInt64(index)))
      let part = UnsafeMutableBufferPointer(rebasing: samples[place * size..<(place + 1) * size])
      do throws(JumpProcessError) {
        try path.run(times: times, into: part, eventLimit: eventLimit, path: index)
      } catch {
        return Outcome(paths: place, events: events, error: error)
      }
      events += path.firings
    }
    return Outcome(paths: range.count, events: events)
  }

  private func run(
    _ form: SlotForm, _ range: Range<Int>,
    _ loop: (
      UnsafePointer<apus_network>, UnsafePointer<apus_record>, UnsafePointer<UInt64>
    ) -> apus_outcome
  ) -> Outcome {
    let seeds = range.flatMap { index in
      var stream = PhiloxStream(seed: seed, purpose: StreamPurpose.path, index: UInt64(index))
      return (0..<4).map { _ in stream.next() }
    }
    let times = times
    let outcome = form.withNetwork { network in
      times.withUnsafeBufferPointer { times in
        form.outputSlot.withUnsafeBufferPointer { slots in
          seeds.withUnsafeBufferPointer { seeds -> apus_outcome in
            guard let first = seeds.baseAddress else { return apus_outcome() }
            var record = apus_record(
              points: Int32(times.count), outputs: Int32(slots.count), times: times.baseAddress,
              slot: slots.baseAddress, event_limit: Int64(eventLimit))
            return loop(network, &record, first)
          }
        }
      }
    }
    switch outcome.status {
    case APUS_PATHS_DONE: return Outcome(paths: range.count, events: Int(outcome.events))
    case APUS_PATHS_EVENT_LIMIT:
      return Outcome(
        paths: 0, events: Int(outcome.events),
        error: .eventLimit(
          limit: eventLimit, path: range.lowerBound + Int(outcome.path), time: outcome.time))
    default:
      return Outcome(paths: 0, events: 0, error: .memory("there is not enough memory for a path"))
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

extension SlotForm {
  /// The form as C sees it, while `body` runs.
  fileprivate func withNetwork<Result>(_ body: (UnsafePointer<apus_network>) -> Result) -> Result {
    initial.withUnsafeBufferPointer { initial in
      rate.withUnsafeBufferPointer { rate in
        factor.withUnsafeBufferPointer { factor in
          changeBegin.withUnsafeBufferPointer { changeBegin in
            changeSlot.withUnsafeBufferPointer { changeSlot in
              changeBy.withUnsafeBufferPointer { changeBy in
                dependentBegin.withUnsafeBufferPointer { dependentBegin in
                  dependent.withUnsafeBufferPointer { dependent in
                    var network = apus_network(
                      slots: Int32(initial.count), reactions: Int32(rate.count),
                      initial: initial.baseAddress, rate: rate.baseAddress,
                      factor: factor.baseAddress, change_begin: changeBegin.baseAddress,
                      change_slot: changeSlot.baseAddress, change_by: changeBy.baseAddress,
                      dependent_begin: dependentBegin.baseAddress,
                      dependent: dependent.baseAddress)
                    return body(&network)
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
