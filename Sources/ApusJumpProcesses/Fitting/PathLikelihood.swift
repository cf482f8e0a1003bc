import Glibc

/// The likelihood of paths of which every jump was seen.
struct PathLikelihood: NetworkLikelihood {
  /// A state that was held, and what happened then.
  private struct Holding {
    var counts: [Int]
    var duration: Double
    /// The reactions that may have happened; none where the observation ended.
    var reactions: [Int]
    /// The line of what happened.
    var line: Int?
  }

  private let estimator: NetworkEstimator
  private let holdings: [Holding]
  /// The propensities of reactions that change something.
  private let propensities: [(reaction: Int, formula: Formula)]

  init(_ estimator: NetworkEstimator, _ records: [CountRecord]) throws(FitError) {
    self.estimator = estimator
    let network = estimator.network.withPossibleJumps
    let resolver = network.resolver
    var propensities: [(reaction: Int, formula: Formula)] = []
    var byChange: [[Int]: [Int]] = [:]
    for (index, reaction) in network.reactions.enumerated() {
      let change = Dictionary(
        uniqueKeysWithValues: network.change(by: reaction).map { ($0.species, $0.amount) })
      guard !change.isEmpty else { continue }
      let expression = resolver.inliningRules(network.propensity(of: reaction))
      byChange[estimator.species.map { change[$0] ?? 0 }, default: []].append(propensities.count)
      propensities.append((index, Formula(expression)))
    }
    self.propensities = propensities
    var holdings: [Holding] = []
    for record in records {
      for place in record.times.indices.dropLast() {
        let change = zip(record.counts[place + 1], record.counts[place]).map { $0 - $1 }
        let isEnd = place + 2 == record.times.count && change.allSatisfy { $0 == 0 }
        let reactions = byChange[change] ?? []
        guard isEnd || !reactions.isEmpty else {
          throw .data(
            line: record.line(place + 1),
            "no reaction of \(network.name) changes the amounts from "
              + "\(record.counts[place]) to \(record.counts[place + 1])")
        }
        holdings.append(
          Holding(
            counts: record.counts[place],
            duration: record.times[place + 1] - record.times[place],
            reactions: isEnd ? [] : reactions, line: record.line(place + 1)))
      }
    }
    guard holdings.contains(where: { !$0.reactions.isEmpty }) else {
      throw .data(line: nil, "no path has a jump")
    }
    self.holdings = holdings
  }

  /// The propensities in a state.
  private func rates(_ holding: Holding, _ values: inout [Double]) -> [Double] {
    for (index, count) in zip(estimator.species, holding.counts) { values[index] = Double(count) }
    return propensities.map { $0.formula.value(of: values, time: 0) }
  }

  private func values(of point: [Double]) -> [Double] {
    var values = estimator.network.quantities.map(\.initial)
    for (index, value) in zip(estimator.parameters, point) { values[index] = value }
    return values
  }

  func values(at points: [[Double]]) -> [Double] {
    points.map { point in
      var values = values(of: point)
      return holdings.reduce(0) { $0 + logLikelihood(rates($1, &values), $1) }
    }
  }

  /// −∞ where a rate is none, or what happened has none.
  private func logLikelihood(_ rates: [Double], _ holding: Holding) -> Double {
    guard rates.allSatisfy({ $0 >= 0 && $0 < .infinity }) else { return -.infinity }
    let held = -rates.reduce(0, +) * holding.duration
    guard !holding.reactions.isEmpty else { return held }
    let rate = holding.reactions.reduce(0) { $0 + rates[$1] }
    return rate > 0 ? held + log(rate) : -.infinity
  }

  func impossibility(at point: [Double]) -> FitError? {
    var values = values(of: point)
    for holding in holdings {
      let rates = rates(holding, &values)
      guard logLikelihood(rates, holding) == -.infinity else { continue }
      let network = estimator.network
      let bad = rates.firstIndex { !($0 >= 0 && $0 < .infinity) } ?? holding.reactions.first
      guard let bad else { continue }
      let name = network.reactions[propensities[bad].reaction].name
      return .data(
        line: holding.line,
        "the rate of \(name) is \(rates[bad].shortText) at the amounts \(holding.counts) before, so "
          + "that this cannot happen")
    }
    return nil
  }

  func fit(at point: [Double]) -> GoodnessOfFit? {
    var values = values(of: point)
    let shares = holdings.filter { !$0.reactions.isEmpty }.map { holding in
      -expm1(-rates(holding, &values).reduce(0, +) * holding.duration)
    }
    guard shares.count >= 5 else { return nil }
    let distance = Elementary.kolmogorovDistance(shares)
    return GoodnessOfFit(
      test: "holding times are exponential (Kolmogorov–Smirnov)", statistic: distance,
      count: shares.count,
      probability: Elementary.kolmogorovTail(distance, count: shares.count))
  }
}
