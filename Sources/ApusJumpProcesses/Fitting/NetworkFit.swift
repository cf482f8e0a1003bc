import ApusNumerics
import Glibc

/// Amounts of some species of a network as they were counted at some times.
public struct CountSeries: Sendable {
  /// Rising times; the path begins at time 0 in the state of the model unless the first time is 0.
  public var times: [Double]
  /// `[row][column]`, the columns of ``NetworkFit``.
  public var counts: [[Int]]

  public init(times: [Double], counts: [[Int]]) {
    self.times = times
    self.counts = counts
  }
}

/// Reaction constants from counts at some times, by the likelihood that the master equation gives.
///
/// The probabilities of the states are carried to the next time, and those that disagree with what
/// was counted there are dropped; what is left is the probability of the count. Species that were not
/// counted are summed over. The likelihood is climbed in the logarithms of the constants.
///
/// Reference: Wilkinson (2018), "Stochastic modelling for systems biology", chapter 11.
public struct NetworkFit: Sendable {
  public let constants: [Estimate]
  public let logLikelihood: Double
  /// Likelihoods that were computed.
  public let evaluations: Int
  public let observations: Int
  /// States of the largest set that probabilities were carried on.
  public let states: Int
  /// Whether each count lies where the model with these constants expects it, by its probability
  /// below given all before; nil for fewer than 50.
  public let fit: ChiSquare?

  /// - Parameters:
  ///   - columns: the species that were counted.
  ///   - parameters: the quantities to fit; nil for all that rates read and nothing changes.
  public init(
    _ network: ReactionNetwork, to series: [CountSeries], columns: [String],
    parameters: [String]? = nil, stateLimit: Int = 20_000, seed: UInt64 = 0
  ) throws(JumpProcessError) {
    let chosen = try Self.parameters(of: network, named: parameters)
    var model = try CountLikelihood(network, series, columns: columns, stateLimit: stateLimit)
    func fitted(_ logs: [Double]) -> ReactionNetwork {
      var result = network
      for (index, value) in zip(chosen, logs) { result.quantities[index].initial = exp(value) }
      return result
    }
    func value(_ logs: [Double]) throws(JumpProcessError) -> Double {
      guard logs.allSatisfy({ abs($0) < 50 }) else { return -.infinity }
      return try model.logLikelihood(fitted(logs)).value
    }
    let start = chosen.map { log(network.quantities[$0].initial) }
    guard try value(start) > -.infinity else {
      throw .setting(
        "the data is impossible under \(network.name): no state that it can reach has these counts")
    }
    let (point, evaluations) = try Self.climb(from: start, value)
    try model.makeRoom(for: fitted(point))
    let curvature = Curvature(
      of: { logs in (try? model.logLikelihood(fitted(logs)).value) ?? -.infinity }, at: point)
    let final = try model.logLikelihood(fitted(point))
    constants = zip(zip(chosen, point), curvature.deviations).map { pair, deviation in
      let (value, spread) = (exp(pair.1), exp(normalQuantile * deviation))
      return Estimate(
        name: network.quantities[pair.0].name, value: value, lower: value / spread,
        upper: value * spread)
    }
    logLikelihood = final.value
    self.evaluations = evaluations
    observations = final.below.count
    states = model.largestSet
    var stream = PhiloxStream(seed: seed, purpose: StreamPurpose.path, index: 0)
    // The place of a count within its own probability is drawn, so that a right model is uniform.
    fit = PathFit.test(
      final.below.map { $0.below + stream.uniform() * $0.own }, fitted: chosen.count)
  }

  /// Climbs twice: the second simplex frees the first where it went flat.
  private static func climb(
    from start: [Double], _ value: @escaping ([Double]) throws(JumpProcessError) -> Double
  ) throws(JumpProcessError) -> ([Double], Int) {
    var (point, evaluations) = (start, 0)
    for size in [0.7, 0.1] {
      var search = try SimplexSearch(from: point, size: size, value)
      try search.run(tolerance: 1e-6, limit: 2000)
      point = search.best.point
      evaluations += search.evaluations
    }
    return (point, evaluations)
  }

  private static func parameters(
    of network: ReactionNetwork, named names: [String]?
  ) throws(JumpProcessError) -> [Int] {
    let constants = network.constants
    let read = Set(
      network.reactions.flatMap { reaction in
        network.propensity(of: reaction).quantities
      } + network.rules.flatMap { $0.value.quantities })
    let all = network.quantities.indices.filter {
      constants.contains($0) && read.contains($0) && network.quantities[$0].kind == .parameter
    }
    guard let names else {
      guard !all.isEmpty else {
        throw .setting(
          "\(network.name) names no constants; write `k = 1` on a line of its own and `@ k` in the "
            + "reaction")
      }
      return try positive(all, network)
    }
    var chosen: [Int] = []
    for name in names {
      guard let index = network.index(of: name), all.contains(index), !chosen.contains(index) else {
        let known = all.map { network.quantities[$0].name }.joined(separator: ", ")
        throw .setting(
          "--parameters: \(name) is no constant of a rate of \(network.name), or named twice; there "
            + (all.isEmpty ? "are none" : "are \(known)"))
      }
      chosen.append(index)
    }
    return try positive(chosen, network)
  }

  private static func positive(
    _ chosen: [Int], _ network: ReactionNetwork
  ) throws(JumpProcessError) -> [Int] {
    for index in chosen where !(network.quantities[index].initial > 0) {
      throw .setting(
        "\(network.quantities[index].name) begins at \(network.quantities[index].initial): a "
          + "constant is fitted from a first guess above 0")
    }
    return chosen
  }
}

/// The likelihood of counts under a network.
private struct CountLikelihood {
  private let series: [CountSeries]
  private let columns: [Int]
  private let stateLimit: Int
  private var bounds: [Int]
  private(set) var largestSet = 0

  /// The logarithm of the likelihood and, for each count of the first column, the probability of
  /// fewer and of itself.
  struct Result {
    var value = 0.0
    var below: [(below: Double, own: Double)] = []
  }

  init(
    _ network: ReactionNetwork, _ series: [CountSeries], columns names: [String], stateLimit: Int
  ) throws(JumpProcessError) {
    let moving = NetworkStates.moving(of: network)
    var columns: [Int] = []
    for name in names {
      guard let axis = moving.firstIndex(where: { network.quantities[$0].name == name }) else {
        throw .setting("the column \(name) is no species that \(network.name) changes")
      }
      columns.append(axis)
    }
    self.series = series
    self.columns = columns
    self.stateLimit = stateLimit
    bounds = NetworkStates.firstBounds(of: network)
    for path in series {
      for row in path.counts {
        for (axis, count) in zip(columns, row) { bounds[axis] = max(bounds[axis], 2 * count + 16) }
      }
    }
    try makeRoom(for: network)
  }

  /// Widens the states until less than 10⁻⁶ of the probability leaves them.
  mutating func makeRoom(for network: ReactionNetwork) throws(JumpProcessError) {
    while true {
      let states = try NetworkStates(network, bounds: bounds, limit: stateLimit)
      largestSet = max(largestSet, states.count)
      if states.isComplete { return }
      let span =
        series.map { path in
          zip(path.times, [0] + path.times).reduce(0) { max($0, $1.0 - $1.1) }
        }.max() ?? 0
      let p = try states.generator.propagate(states.initial, time: span, tolerance: 1e-9)
      if 1 - p.reduce(0, +) < 1e-6 { return }
      bounds = MasterEquation.grown(bounds, where: states.edgeProbabilities(p), above: 1e-9)
    }
  }

  func logLikelihood(_ network: ReactionNetwork) throws(JumpProcessError) -> Result {
    let states = try NetworkStates(network, bounds: bounds, limit: stateLimit)
    var result = Result()
    for path in series {
      var (p, now) = (states.initial, 0.0)
      for (time, row) in zip(path.times, path.counts) {
        if time > now {
          p = try states.generator.propagate(p, time: time - now, tolerance: 1e-9)
          now = time
        }
        let (share, below) = filter(&p, states, by: row)
        guard share > 0 else { return Result(value: -.infinity) }
        result.value += log(share)
        if time > 0, let below { result.below.append(below) }
      }
    }
    return result
  }

  /// Drops the states that disagree with a count, and gives what the others had.
  private func filter(
    _ p: inout [Double], _ states: NetworkStates, by row: [Int]
  ) -> (share: Double, below: (below: Double, own: Double)?) {
    var (share, fewer, own, total) = (0.0, 0.0, 0.0, 0.0)
    for state in p.indices {
      let amounts = states.amounts(of: state)
      let first = amounts.startIndex
      total += p[state]
      let count = Int(amounts[first + columns[0]])
      if count < row[0] { fewer += p[state] } else if count == row[0] { own += p[state] }
      let agrees = zip(columns, row).allSatisfy { Int(amounts[first + $0]) == $1 }
      if agrees { share += p[state] } else { p[state] = 0 }
    }
    guard share > 0 else { return (0, nil) }
    for state in p.indices { p[state] /= share }
    return (share, (fewer / total, own / total))
  }
}
