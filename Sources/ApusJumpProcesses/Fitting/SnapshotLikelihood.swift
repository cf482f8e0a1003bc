import Glibc
import Synchronization

/// The likelihood of amounts at times, by the master equation from each to the next.
struct SnapshotLikelihood: NetworkLikelihood {
  /// From some amounts to others in a time, and how often that was seen.
  private struct Transition: Hashable {
    var from: [Int]
    var to: [Int]
    var duration: Double
  }

  private let estimator: NetworkEstimator
  private let transitions: [(transition: Transition, count: Int)]

  init(_ estimator: NetworkEstimator, _ records: [CountRecord]) throws(FitError) {
    self.estimator = estimator
    var counts: [Transition: Int] = [:]
    var order: [Transition] = []
    for record in records {
      for place in record.times.indices.dropLast() {
        // Spacings that differ by rounding are one.
        let duration = record.times[place + 1] - record.times[place]
        let transition = Transition(
          from: record.counts[place], to: record.counts[place + 1],
          duration: Double(Float(duration)))
        if counts.updateValue(counts[transition, default: 0] + 1, forKey: transition) == nil {
          order.append(transition)
        }
      }
    }
    guard !order.isEmpty else {
      throw .data(line: nil, "no path was seen twice: there is no transition")
    }
    transitions = order.map { ($0, counts[$0] ?? 0) }
    do {
      _ = try MasterEquation(estimator.network)
    } catch {
      throw .setting("\(error)")
    }
  }

  func values(at points: [[Double]]) throws -> [Double] {
    let results = try solve(points) { distribution, transition, order in
      let probability = distribution.probability(of: order.map { transition.to[$0] })
      // What the solver cuts off is no zero: a floor far below its tolerance.
      return log(max(probability, 1e-6 * estimator.tolerance))
    }
    return points.indices.map { point in
      zip(results[point], transitions).reduce(0) { $0 + $1.0 * Double($1.1.count) }
    }
  }

  /// The squares of standardized differences between amounts and their means are one on average.
  func fit(at point: [Double]) throws -> GoodnessOfFit? {
    let names = estimator.species.map { estimator.network.quantities[$0].name }
    let squares = try solve([point]) { distribution, transition, _ in
      zip(names, transition.to).reduce(0) { sum, seen in
        guard let (mean, deviation) = distribution.moments(of: seen.0), deviation > 0 else {
          return sum
        }
        let distance = (Double(seen.1) - mean) / deviation
        return sum + distance * distance
      }
    }
    let moving = Set(
      estimator.network.reactions.flatMap { estimator.network.change(by: $0).map(\.species) })
    let seen = transitions.reduce(0) { $0 + $1.count }
    let statistic = zip(squares[0], transitions).reduce(0) { $0 + $1.0 * Double($1.1.count) }
    let degrees = seen * estimator.species.count { moving.contains($0) }
    return GoodnessOfFit(
      test: "amounts spread around their means as they should (χ², close to normal amounts)",
      statistic: statistic, count: degrees,
      probability: Elementary.chiSquareTail(statistic, degrees: Double(degrees)))
  }

  /// A number for each point and transition from the distribution after it, on all threads.
  private func solve(
    _ points: [[Double]],
    _ measure:
      @Sendable (StateDistribution, _ transition: Transition, _ order: [Int]) -> Double
  ) throws -> [[Double]] {
    let items = points.count * transitions.count
    let results = Mutex([Double](repeating: 0, count: items))
    let failure = Mutex<(any Error)?>(nil)
    parallel(threads: estimator.threads, items: items) { item in
      guard failure.withLock({ $0 == nil }) else { return }
      let transition = transitions[item % transitions.count].transition
      do {
        let distribution = try distribution(transition, points[item / transitions.count])
        let order = order(of: distribution.species)
        let value = measure(distribution, transition, order)
        results.withLock { $0[item] = value }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    let all = results.withLock { $0 }
    return points.indices.map { point in
      Array(all[point * transitions.count..<(point + 1) * transitions.count])
    }
  }

  private func distribution(
    _ transition: Transition, _ point: [Double]
  ) throws -> StateDistribution {
    var network = estimator.network
    for (index, value) in zip(estimator.parameters, point) {
      network.quantities[index].initial = value
    }
    for (index, count) in zip(estimator.species, transition.from) {
      network.quantities[index].initial = Double(count)
    }
    var equation = try MasterEquation(network)
    equation.tolerance = estimator.tolerance
    equation.stateLimit = estimator.stateLimit
    return try equation.solve(at: [transition.duration]).distributions[0]
  }

  /// Where the amounts of `species` stand among those that were seen.
  private func order(of species: [String]) -> [Int] {
    species.compactMap { name in
      estimator.species.firstIndex { estimator.network.quantities[$0].name == name }
    }
  }
}
