import ApusNumerics
import Synchronization

/// What many paths have in common: means and standard deviations at each point, and more on request.
public struct Ensemble: Sendable {
  public var times: [Double]
  /// The quantities written down.
  public var names: [String]
  /// `[point][quantity]`.
  public var means: [[Double]]
  /// Standard deviations of the paths, `[point][quantity]`; 0 for a single path.
  public var deviations: [[Double]]
  /// `[quantile][point][quantity]`.
  public var quantiles: [[[Double]]] = []
  /// The paths that were selected, by their numbers: `[point][quantity]`.
  public var selected: [Int: [[Double]]] = [:]
  /// For each histogram asked for, the values of all paths at the last point.
  public var lastValues: [[Double]] = []
  /// The number of paths.
  public var paths: Int
  /// Reactions fired, over all paths.
  public var events: Int
  public var method: SimulationMethod
  /// Why there are fewer paths than asked for, or fewer times.
  public var fault: JumpProcessError?
}

/// Gathers groups of paths in their order, whoever simulated them.
final class EnsembleCollector: Sendable {
  private let simulation: Simulation
  private let method: SimulationMethod
  private let shift: [Double]
  private let state: Mutex<State>

  /// Sums over the paths of one group; `nil` at its end where a path of it failed.
  private struct Sums {
    var paths: Int
    var points: Int
    var events: Int
    var first: [Double]
    var second: [Double]
    var kept: [Int: [Double]] = [:]
    var last: [[Double]] = []
    var error: JumpProcessError?
  }

  private struct State {
    var waiting: [Int: Sums] = [:]
    var next = 0
    var total: Sums
    /// The first group of which a path failed.
    var failed = Int.max
    var pathsDone = 0
    var eventsDone = 0
  }

  init(_ simulation: Simulation, method: SimulationMethod) {
    self.simulation = simulation
    self.method = method
    // Sums of differences from where the paths begin lose no digits, and none at all for counts.
    let initial = simulation.network.initialValues
    shift = simulation.network.outputs.map { initial[$0] }
    let size = simulation.points * shift.count
    let zeros = [Double](repeating: 0, count: size)
    state = Mutex(
      State(
        total: Sums(
          paths: 0, points: simulation.points, events: 0, first: zeros, second: zeros,
          last: simulation.histograms.map { _ in [] })))
  }

  /// Whether a group is not wanted any more: an earlier one has a path that failed.
  func skips(_ block: Int) -> Bool { state.withLock { block > $0.failed } }

  /// Adds a group of paths and gives the progress; nil where nothing more counts.
  func add(
    _ outcome: SimulationEngine.Outcome, block: Int, paths: Range<Int>,
    _ samples: UnsafeMutableBufferPointer<Double>
  ) -> Simulation.Progress? {
    var outcome = outcome
    if block > 0 || outcome.paths > 0 || outcome.error == nil {
      outcome.begun = outcome.paths
      outcome.points = simulation.points
    }
    let sums = sums(outcome, paths, samples)
    return state.withLock { state in
      if outcome.error != nil { state.failed = min(state.failed, block) }
      state.waiting[block] = sums
      state.pathsDone += sums.paths
      state.eventsDone += sums.events
      while state.total.error == nil, let ready = state.waiting.removeValue(forKey: state.next) {
        Self.merge(ready, into: &state.total)
        state.next += 1
      }
      return Simulation.Progress(
        paths: state.pathsDone, totalPaths: simulation.paths, events: state.eventsDone)
    }
  }

  private func sums(
    _ outcome: SimulationEngine.Outcome, _ paths: Range<Int>,
    _ samples: UnsafeMutableBufferPointer<Double>
  ) -> Sums {
    let size = simulation.points * shift.count
    let keepsAll = !simulation.quantiles.isEmpty
    let counted = simulation.histograms.compactMap {
      simulation.network.outputNames.firstIndex(of: $0)
    }
    var sums = Sums(
      paths: outcome.points > 1 || outcome.error == nil ? outcome.begun : 0, points: outcome.points,
      events: outcome.events, first: Array(repeating: 0, count: size),
      second: Array(repeating: 0, count: size), last: counted.map { _ in [] },
      error: outcome.error)
    for path in 0..<sums.paths {
      let part = samples[path * size..<(path + 1) * size]
      let number = paths.lowerBound + path
      if keepsAll || simulation.selectedPaths.contains(number) { sums.kept[number] = Array(part) }
      for (place, output) in counted.enumerated() {
        sums.last[place].append(part[part.startIndex + (sums.points - 1) * shift.count + output])
      }
      var output = 0
      for (index, value) in part.enumerated() {
        let difference = value - shift[output]
        sums.first[index] += difference
        sums.second[index] += difference * difference
        output = output + 1 == shift.count ? 0 : output + 1
      }
    }
    return sums
  }

  private static func merge(_ sums: Sums, into total: inout Sums) {
    if sums.paths > 0 { total.points = sums.points }
    total.paths += sums.paths
    total.events += sums.events
    for index in total.first.indices {
      total.first[index] += sums.first[index]
      total.second[index] += sums.second[index]
    }
    total.kept.merge(sums.kept) { first, _ in first }
    for index in total.last.indices { total.last[index] += sums.last[index] }
    total.error = sums.error
  }

  /// The result; throws what stopped the paths where none is whole.
  func ensemble() throws(JumpProcessError) -> Ensemble {
    let (total, waiting) = state.withLock { ($0.total, $0.waiting) }
    var fault = total.error ?? waiting.values.lazy.compactMap(\.error).first
    // Groups of paths that were not begun say nothing.
    if fault == nil, total.paths < simulation.paths { fault = .cancelled(time: 0) }
    if total.paths == 0, let fault { throw fault }
    var ensemble = Ensemble(
      times: Array(simulation.times.prefix(total.points)),
      names: simulation.network.outputs.map { simulation.network.quantities[$0].name },
      means: [], deviations: [], paths: total.paths, events: total.events, method: method,
      fault: fault)
    let count = Double(max(total.paths, 1))
    for point in 0..<total.points {
      var means: [Double] = []
      var deviations: [Double] = []
      for output in shift.indices {
        let index = point * shift.count + output
        let mean = total.first[index] / count
        let variance = (total.second[index] - count * mean * mean) / max(count - 1, 1)
        means.append(shift[output] + mean)
        deviations.append(max(variance, 0).squareRoot())
      }
      ensemble.means.append(means)
      ensemble.deviations.append(deviations)
    }
    let rows = total.kept.mapValues { path in
      (0..<total.points).map { Array(path[$0 * shift.count..<($0 + 1) * shift.count]) }
    }
    ensemble.selected = rows.filter { simulation.selectedPaths.contains($0.key) }
    ensemble.lastValues = total.last
    if !simulation.quantiles.isEmpty { ensemble.quantiles = quantiles(of: Array(rows.values)) }
    return ensemble
  }

  private func quantiles(of paths: [[[Double]]]) -> [[[Double]]] {
    let table = (paths.first?.indices ?? 0..<0).map { point in
      shift.indices.map { output in
        ApusNumerics.quantiles(simulation.quantiles, of: paths.lazy.map { $0[point][output] })
      }
    }
    return simulation.quantiles.indices.map { quantile in
      table.map { $0.map { $0[quantile] } }
    }
  }
}
