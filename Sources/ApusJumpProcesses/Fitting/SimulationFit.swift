import ApusNumerics
import Glibc

/// The parameters of a network, estimated by comparing simulations with what was seen.
public struct SimulationFit: Sendable {
  /// The network with the parameters found.
  public let network: ReactionNetwork
  /// Geometric means of the last population, and quantiles of it.
  public let estimates: [Estimate]
  /// The distance from the records that the last population kept to, in standard errors.
  public let distance: Double
  public let fit: GoodnessOfFit?
  public let populations: Int
  /// Sets of records simulated.
  public let simulations: Int
}

/// Approximate Bayesian computation by a sequence of populations.
///
/// Parameters are drawn uniformly in their logarithms within a factor of the network's values.
/// Populations of particles are drawn closer and closer to the records: each from the one before,
/// moved by a normal step of twice its covariance, and kept where a simulated set of records is within
/// the median distance of the one before.
///
/// Paths begin at time 0, in the model's initial state but for the amounts that were seen there.
/// Particle `i` draws from streams of its own: the number of threads changes nothing.
///
/// Reference: Beaumont, Cornuet, Marin, Robert (2009), "Adaptive approximate Bayesian computation",
/// Biometrika 96; Del Moral, Doucet, Jasra (2012), Stat. Comput. 22 (distances from quantiles).
public struct SimulationEstimator: Sendable {
  let estimator: NetworkEstimator
  public var particles = 400
  /// How far from the network's values parameters are looked for, as a factor each way.
  public var range = 100.0
  /// The most sets of records to simulate.
  public var simulationLimit = 200_000
  /// The most reactions of a simulated path; a path of more counts as far away.
  public var eventLimit = 1_000_000
  public var seed: UInt64 = 1

  public init(_ estimator: NetworkEstimator) { self.estimator = estimator }

  /// - Parameter report: called after each population, with its number and distance.
  /// - Throws: ``FitError`` where no simulation comes to the end, or the records are none.
  public func fit(
    _ records: [CountRecord], report: (_ population: Int, _ distance: Double) throws -> Void
  ) throws -> SimulationFit {
    guard particles >= 20, range > 1, range < 1e12, simulationLimit >= 4 * particles else {
      throw FitError.setting(
        "expected at least 20 particles, a range above 1, and four simulations for each particle")
    }
    let summary = try SimulatedSummary(estimator, records)
    var search = PopulationSearch(self, summary)
    try search.begin()
    try report(1, search.distance)
    while search.isWorthwhile, search.narrow() { try report(search.populations, search.distance) }
    return result(search, summary)
  }

  private func result(_ search: PopulationSearch, _ summary: SimulatedSummary) -> SimulationFit {
    let tail = (1 - estimator.confidence) / 2
    var fitted = estimator.network
    var estimates: [Estimate] = []
    for (place, index) in estimator.parameters.enumerated() {
      let value = exp(search.mean[place])
      fitted.quantities[index].initial = value
      estimates.append(
        Estimate(
          name: fitted.quantities[index].name, value: value,
          lower: exp(search.quantile(tail, of: place)),
          upper: exp(search.quantile(1 - tail, of: place))))
    }
    return SimulationFit(
      network: fitted, estimates: estimates, distance: search.distance,
      fit: summary.fit(
        at: search.mean.map(exp), seed: seed ^ 0xF17, eventLimit: eventLimit,
        threads: estimator.threads),
      populations: search.populations, simulations: search.simulations)
  }
}

extension NetworkEstimator {
  /// The values that a search begins with.
  var start: [Double] { parameters.map { network.quantities[$0].initial } }
}
