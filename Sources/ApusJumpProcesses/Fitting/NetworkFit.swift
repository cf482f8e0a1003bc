import Glibc

/// The parameters of a reaction network, estimated from the amounts of its species.
public struct NetworkFit: Sendable {
  /// The network with the parameters found.
  public let network: ReactionNetwork
  public let estimates: [Estimate]
  public let logLikelihood: Double
  public let fit: GoodnessOfFit?
  public let iterations: Int

  /// What the amounts are.
  public enum Observation: Sendable, Hashable {
    /// Every jump: a record's places are the states entered, its last one ends the observation.
    case jumps
    /// Amounts at times, without what happened between.
    case snapshots
  }
}

/// How the parameters of a network are estimated.
///
/// The likelihood of complete paths is `Π a_j(x) · exp(−∫ a₀ dt)`; that of snapshots is the product of
/// the probabilities of each from the one before, by the master equation. It is climbed in the
/// logarithms of the parameters, so that they stay above zero; intervals come from its curvature.
///
/// ```swift
/// let estimator = try NetworkEstimator(network, parameters: ["k", "d"], species: ["X"])
/// let fit = try estimator.fit([record], seenAt: .snapshots)
/// ```
public struct NetworkEstimator: Sendable {
  let network: ReactionNetwork
  /// Indices of what is fitted and of what was seen.
  let parameters: [Int]
  let species: [Int]
  public var confidence = 0.95
  public var threads = 1
  /// Of each probability of a snapshot.
  public var tolerance = 1e-9
  public var stateLimit = 1_000_000

  /// - Parameters:
  ///   - parameters: names to fit; all constants above zero that rates read where empty. The search
  ///     begins at their values.
  ///   - species: what was seen, in the order of the amounts; all that reactions change.
  /// - Throws: ``FitError`` where a name is not of the network, or not of what can be fitted.
  public init(
    _ network: ReactionNetwork, parameters names: [String] = [], species seen: [String]
  ) throws(FitError) {
    self.network = network
    let species = seen.map { network.index(of: $0) }
    for (name, index) in zip(seen, species) {
      guard let index, network.quantities[index].kind == .species else {
        throw .setting("\(network.name) has no species \(name)")
      }
    }
    self.species = species.compactMap { $0 }
    guard Set(self.species).count == self.species.count else {
      throw .setting("a species is named twice")
    }
    parameters = try Self.indices(names, in: network)
  }

  /// The likelihood needs the whole state, and nothing but reactions that change it.
  private func checkForLikelihood() throws(FitError) {
    let moving = Set(network.reactions.flatMap { network.change(by: $0).map(\.species) })
    if let hidden = moving.subtracting(species).min() {
      throw .setting(
        "\(network.quantities[hidden].name) changes and was not seen: the likelihood needs every "
          + "species that reactions change; fit by simulation instead (--method simulation)")
    }
    guard network.events.isEmpty, network.rateRules.isEmpty else {
      throw .setting(
        "\(network.name) has events or rate rules, for which there is no likelihood; fit by simulation instead "
          + "(--method simulation)")
    }
    if let reaction = network.firstWithTimedRate {
      throw .setting(
        "the rate of \(reaction.name) reads the time, for which there is no likelihood; fit by simulation instead "
          + "(--method simulation)")
    }
  }

  private static func indices(
    _ names: [String], in network: ReactionNetwork
  ) throws(FitError) -> [Int] {
    let constants = network.constants
    let resolver = network.resolver
    var read: Set<Int> = []
    for reaction in network.reactions {
      read.formUnion(resolver.inliningRules(network.propensity(of: reaction)).quantities)
    }
    let free = network.quantities.indices.filter {
      constants.contains($0) && read.contains($0) && network.quantities[$0].kind == .parameter
    }
    var result: [Int] = []
    for name in names {
      guard let index = network.index(of: name), free.contains(index) else {
        let known = free.map { network.quantities[$0].name }.joined(separator: ", ")
        throw .setting(
          "\(name) is no parameter that rates read"
            + (known.isEmpty ? "" : "; those of \(network.name) are \(known)"))
      }
      result.append(index)
    }
    if names.isEmpty { result = free }
    guard !result.isEmpty else {
      throw .setting(
        "no rate of \(network.name) reads a named parameter; write `k = 1` and `@ k`")
    }
    for index in result where !(network.quantities[index].initial > 0) {
      throw .setting(
        "\(network.quantities[index].name) begins at \(network.quantities[index].initial); expected "
          + "a number above 0 to begin the search with")
    }
    return result
  }

  /// Fits the parameters to records.
  ///
  /// - Parameter report: called at each step of the climb.
  public func fit(
    _ records: [CountRecord], seenAt observation: NetworkFit.Observation,
    report: (_ iteration: Int, _ logLikelihood: Double) throws -> Void = { _, _ in }
  ) throws -> NetworkFit {
    guard confidence > 0, confidence < 1 else {
      throw FitError.setting("a confidence of \(confidence); expected a number between 0 and 1")
    }
    try checkForLikelihood()
    for record in records { try record.check(species: species.count) }
    let likelihood: any NetworkLikelihood =
      switch observation {
      case .jumps: try PathLikelihood(self, records)
      case .snapshots: try SnapshotLikelihood(self, records)
      }
    var ascent = try Ascent(from: try start(likelihood)) { points in
      try likelihood.values(at: points.map { $0.map(exp) })
    }
    let climbing = Result { try ascent.climb(report: report) }
    if case .failure(let error) = climbing, !(error is FitError) { throw error }
    // What cannot be is the reason where the climb comes to no end.
    if let fault = try likelihood.impossibility(at: ascent.point.map(exp)) { throw fault }
    try climbing.get()
    return try result(ascent, likelihood)
  }

  /// The values of the network, all times the power of two with which they do best: the unit of time
  /// may be another.
  private func start(_ likelihood: any NetworkLikelihood) throws -> [Double] {
    let given = parameters.map { log(network.quantities[$0].initial) }
    let candidates = (-8...8).map { power in given.map { $0 + Double(power) * M_LN2 } }
    let values = try likelihood.values(at: candidates.map { $0.map(exp) })
    let best = values.indices.max { values[$0] < values[$1] } ?? 8
    guard values[best] > -.infinity else {
      throw try likelihood.impossibility(at: given.map(exp))
        ?? FitError.setting("the likelihood is no number at the values the search begins with")
    }
    return candidates[best]
  }

  private func result(
    _ ascent: Ascent, _ likelihood: any NetworkLikelihood
  ) throws -> NetworkFit {
    let variances = try ascent.information().inverseDiagonal
    let halfWidth = Elementary.normalHalfWidth(confidence)
    var fitted = network
    var estimates: [Estimate] = []
    for (place, index) in parameters.enumerated() {
      let value = exp(ascent.point[place])
      fitted.quantities[index].initial = value
      var estimate = Estimate(name: network.quantities[index].name, value: value)
      if let deviation = variances?[place].squareRoot() {
        estimate.lower = value * exp(-halfWidth * deviation)
        estimate.upper = value * exp(halfWidth * deviation)
      }
      estimates.append(estimate)
    }
    return NetworkFit(
      network: fitted, estimates: estimates, logLikelihood: ascent.value,
      fit: try likelihood.fit(at: ascent.point.map(exp)), iterations: ascent.iterations)
  }
}

/// The log-likelihood of records as a function of the parameters.
protocol NetworkLikelihood: Sendable {
  /// At several points; −∞ where the records are impossible.
  func values(at points: [[Double]]) throws -> [Double]
  /// The first line of the records that cannot be.
  func impossibility(at point: [Double]) throws -> FitError?
  func fit(at point: [Double]) throws -> GoodnessOfFit?
}
