import Glibc
import Synchronization

/// The likelihood of amounts at times, by the master equation from each to the next.
struct SnapshotLikelihood: NetworkLikelihood {
  /// What was seen after one state: one run of the solver gives all of it.
  private struct Start {
    let from: [Int]
    /// Rising.
    var durations: [Double] = []
    var seen: [Seen] = []
  }

  /// Amounts after the time at a place of `durations`, and how often that was seen.
  private struct Seen {
    let place: Int
    let to: [Int]
    let count: Int
    /// The line of the first.
    let line: Int?
  }

  private struct Transition: Hashable {
    let from: [Int]
    let duration: Double
    let to: [Int]
  }

  /// More distributions than this are not held at once.
  private static let most = 64

  private let estimator: NetworkEstimator
  private let starts: [Start]

  init(_ estimator: NetworkEstimator, _ records: [CountRecord]) throws(FitError) {
    self.estimator = estimator
    var counts: [Transition: (count: Int, line: Int?)] = [:]
    for record in records {
      for place in record.times.indices.dropLast() {
        // Spacings that differ by rounding are one.
        let duration = Double(Float(record.times[place + 1] - record.times[place]))
        let transition = Transition(
          from: record.counts[place], duration: duration, to: record.counts[place + 1])
        counts[transition, default: (0, record.line(place + 1))].count += 1
      }
    }
    guard !counts.isEmpty else {
      throw .data(line: nil, "no path was seen twice: there is no transition")
    }
    starts = Self.starts(counts)
    do {
      _ = try MasterEquation(estimator.network)
    } catch {
      throw .setting("\(error)")
    }
  }

  private static func starts(_ counts: [Transition: (count: Int, line: Int?)]) -> [Start] {
    let sorted = counts.sorted { a, b in
      if a.key.from != b.key.from { return a.key.from.lexicographicallyPrecedes(b.key.from) }
      if a.key.duration != b.key.duration { return a.key.duration < b.key.duration }
      return a.key.to.lexicographicallyPrecedes(b.key.to)
    }
    var result: [Start] = []
    for (transition, (count, line)) in sorted {
      let last = result.last
      let isNew = last?.from != transition.from
      if isNew || last?.durations.last != transition.duration {
        if isNew || last?.durations.count == most { result.append(Start(from: transition.from)) }
        result[result.count - 1].durations.append(transition.duration)
      }
      let place = result[result.count - 1].durations.count - 1
      result[result.count - 1].seen.append(
        Seen(place: place, to: transition.to, count: count, line: line))
    }
    return result
  }

  private var all: [Seen] { starts.flatMap(\.seen) }

  /// What the solver cuts off is no zero: a floor far below its tolerance.
  private var floor: Double { 1e-6 * estimator.tolerance }

  private func probabilities(_ points: [[Double]]) throws -> [[Double]] {
    try solve(points) { distribution in { distribution.probability(of: $0) } }
  }

  func values(at points: [[Double]]) throws -> [Double] {
    let counts = all.map { Double($0.count) }
    return try probabilities(points).map { row in
      zip(row, counts).reduce(0) { $0 + $1.1 * log(max($1.0, floor)) }
    }
  }

  func impossibility(at point: [Double]) throws -> FitError? {
    let probabilities = try probabilities([point])[0]
    var place = 0
    for start in starts {
      for seen in start.seen {
        if probabilities[place] <= floor {
          return .data(
            line: seen.line,
            "\(estimator.network.name) does not go from \(start.from) to \(seen.to) within "
              + "\(start.durations[seen.place].shortText), or so seldom that the probability cannot be "
              + "told from zero")
        }
        place += 1
      }
    }
    return nil
  }

  /// The squares of distances from the means, in units of their covariance, are one for each independent species
  /// on average.
  func fit(at point: [Double]) throws -> GoodnessOfFit? {
    let distances = try solve([point]) { distribution in
      let distance = StateDistance(distribution)
      return { (distance.square(of: $0), distance.independent.count) }
    }
    var (statistic, degrees) = (0.0, 0)
    for (distance, seen) in zip(distances[0], all) {
      statistic += distance.0 * Double(seen.count)
      degrees += distance.1 * seen.count
    }
    guard degrees > 0 else { return nil }
    return GoodnessOfFit(
      test: "amounts spread around their means as they should (χ², close to normal amounts)",
      statistic: statistic, count: degrees,
      probability: Elementary.chiSquareTail(statistic, degrees: Double(degrees)))
  }

  /// What is measured of the state after each transition, for each point, on all threads.
  ///
  /// - Parameter measure: what measures states, their species in the order of the model, in a distribution.
  private func solve<Measure: Sendable>(
    _ points: [[Double]],
    _ measure: @Sendable (StateDistribution) -> (_ state: [Int]) -> Measure
  ) throws -> [[Measure]] {
    let results = Mutex([[Measure]](repeating: [], count: points.count * starts.count))
    let failure = Mutex<(any Error)?>(nil)
    parallel(threads: estimator.threads, items: points.count * starts.count) { item in
      guard failure.withLock({ $0 == nil }) else { return }
      let start = starts[item % starts.count]
      do {
        let distributions = try distributions(start, points[item / starts.count])
        let order = order(of: distributions[0].species)
        let measures = distributions.map(measure)
        let values = start.seen.map { seen in measures[seen.place](order.map { seen.to[$0] }) }
        results.withLock { $0[item] = values }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    let all = results.withLock { $0 }
    return points.indices.map { point in
      all[point * starts.count..<(point + 1) * starts.count].flatMap { $0 }
    }
  }

  private func distributions(_ start: Start, _ point: [Double]) throws -> [StateDistribution] {
    var network = estimator.network
    for (index, value) in zip(estimator.parameters, point) {
      network.quantities[index].initial = value
    }
    for (index, count) in zip(estimator.species, start.from) {
      network.quantities[index].initial = Double(count)
    }
    var equation = try MasterEquation(network)
    equation.tolerance = estimator.tolerance
    equation.stateLimit = estimator.stateLimit
    let solution = try equation.solve(at: start.durations)
    if let fault = solution.fault { throw fault }
    return solution.distributions
  }

  /// Where the amounts of `species` stand among those that were seen.
  private func order(of species: [String]) -> [Int] {
    species.compactMap { name in
      estimator.species.firstIndex { estimator.network.quantities[$0].name == name }
    }
  }
}
