/// Records brought to numbers that simulations can be compared with.
///
/// Records of the same times and beginning are a group. Eight or more in a group are compared by mean
/// and standard deviation at each time, each in units of its standard error; fewer by their amounts,
/// in units of the standard deviation of a species over all times.
struct SimulatedSummary: Sendable {
  private struct Group: Hashable {
    var times: [Double]
    /// The amounts at time 0 where they were seen.
    var beginning: [Int]?
  }

  private static let smallestEnsemble = 8

  private let network: ReactionNetwork
  private let parameters: [Int]
  private let species: [Int]
  /// Their places among what simulations write down.
  private let outputs: [Int]
  private let groups: [(group: Group, count: Int)]
  private var observed: [Double] = []
  private var scales: [Double] = []

  init(_ estimator: NetworkEstimator, _ records: [CountRecord]) throws(FitError) {
    network = estimator.network
    parameters = estimator.parameters
    species = estimator.species
    let written = estimator.network.outputs
    outputs = estimator.species.map { written.firstIndex(of: $0) ?? 0 }
    var members: [Group: [CountRecord]] = [:]
    var order: [Group] = []
    for record in records {
      try record.check(species: species.count)
      guard let first = record.times.first, first >= 0 else {
        throw .data(line: record.line(0), "expected times of 0 or more, for paths begin at 0")
      }
      let group = Group(times: record.times, beginning: first == 0 ? record.counts[0] : nil)
      if members[group] == nil { order.append(group) }
      members[group, default: []].append(record)
    }
    groups = order.map { ($0, members[$0]?.count ?? 0) }
    let deviations = Self.deviations(records, species.count)
    for group in order {
      let rows = (members[group] ?? []).map { $0.counts.map { $0.map { Double($0) } } }
      observed += Self.summary(of: rows)
      scales += Self.scales(of: rows, deviations)
    }
    guard scales.contains(where: { $0 > 0 }) else {
      throw .data(line: nil, "the amounts never change: there is nothing to fit by")
    }
  }

  /// The distance of simulated records from the observed ones; infinite where a path fails.
  func distance(at point: [Double], seed: UInt64, eventLimit: Int) -> Double {
    simulated(at: point, seed: seed, eventLimit: eventLimit).map { distance($0, observed) }
      ?? .infinity
  }

  /// The mean of squared differences, each in its unit.
  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    var (sum, count) = (0.0, 0.0)
    for place in a.indices where scales[place] > 0 {
      let difference = (a[place] - b[place]) / scales[place]
      sum += difference * difference
      count += 1
    }
    return (sum / count).squareRoot()
  }

  /// How the distance of what was observed from the mean of simulations compares with theirs.
  func fit(at point: [Double], seed: UInt64, eventLimit: Int, threads: Int) -> GoodnessOfFit? {
    let count = 200
    let sets = parallelMap(threads: threads, items: count) {
      simulated(at: point, seed: seed &+ UInt64($0), eventLimit: eventLimit)
    }.compactMap { $0 }
    guard sets.count == count else { return nil }
    let mean = observed.indices.map { place in
      sets.reduce(0) { $0 + $1[place] } / Double(count)
    }
    let distance = distance(observed, mean)
    let farther = sets.count { self.distance($0, mean) >= distance }
    return GoodnessOfFit(
      test: "the records are like simulated ones (distance from their mean)", statistic: distance,
      count: count, probability: Double(farther + 1) / Double(count + 1))
  }

  private func simulated(at point: [Double], seed: UInt64, eventLimit: Int) -> [Double]? {
    var model = network
    for (place, index) in parameters.enumerated() { model.quantities[index].initial = point[place] }
    var result: [Double] = []
    for (place, (group, count)) in groups.enumerated() {
      for (index, amount) in zip(species, group.beginning ?? []) {
        model.quantities[index].initial = Double(amount)
      }
      var simulation = Simulation(model, at: group.times, paths: count)
      simulation.seed = seed &+ UInt64(place) &* 0x9E37_79B9_7F4A_7C15
      simulation.eventLimit = eventLimit
      simulation.selectedPaths = Set(0..<count)
      guard let ensemble = try? simulation.run(), ensemble.fault == nil else { return nil }
      let rows = (0..<count).map { path in
        (ensemble.selected[path] ?? []).map { row in outputs.map { row[$0] } }
      }
      result += Self.summary(of: rows)
    }
    return result
  }

  /// - Parameter rows: `[record][time][species]`.
  private static func summary(of rows: [[[Double]]]) -> [Double] {
    guard rows.count >= smallestEnsemble, let first = rows.first else {
      return rows.flatMap { $0.flatMap { $0 } }
    }
    var result: [Double] = []
    for time in first.indices {
      for species in first[time].indices {
        let moments = moments(rows.map { $0[time][species] })
        result += [moments.mean, moments.variance.squareRoot()]
      }
    }
    return result
  }

  private static func scales(of rows: [[[Double]]], _ deviations: [Double]) -> [Double] {
    guard rows.count >= smallestEnsemble, let first = rows.first else {
      return rows.flatMap { $0.flatMap { _ in deviations } }
    }
    var result: [Double] = []
    let count = Double(rows.count)
    for time in first.indices {
      for species in first[time].indices {
        let variance = moments(rows.map { $0[time][species] }).variance
        result += [(variance / count).squareRoot(), (variance / (2 * count)).squareRoot()]
      }
    }
    return result
  }

  private static func deviations(_ records: [CountRecord], _ species: Int) -> [Double] {
    (0..<species).map { place in
      moments(records.flatMap { $0.counts.map { Double($0[place]) } }).variance.squareRoot()
    }
  }

  private static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, values.count > 1 ? squares / Double(values.count - 1) : 0)
  }
}
