import ApusJumpProcesses
import Testing

/// Parameters found by comparing simulations with records that were simulated with known ones.
@Suite struct SimulationFitTests {
  /// Messengers that are not seen, and the proteins that they make.
  private func expression(_ k: Double, _ d: Double) throws -> ReactionNetwork {
    let messenger = Term.species("messenger")
    let protein = Term.species("protein")
    return try ReactionNetwork("expression") {
      Reaction(0 --> messenger, at: .parameter("k", k))
      Reaction(messenger --> 0, at: 1)
      Reaction(messenger --> messenger + protein, at: 2)
      Reaction(protein --> 0, at: .parameter("d", d))
    }
  }

  /// What paths with rates 4 and 0.2 show of proteins.
  private func records(_ count: Int) throws -> [CountRecord] {
    var simulation = Simulation(try expression(4, 0.2), at: [1, 2, 4, 8], paths: count)
    simulation.seed = 77
    simulation.selectedPaths = Set(0..<count)
    let ensemble = try simulation.run()
    return (0..<count).map { path in
      CountRecord(
        times: ensemble.times, counts: (ensemble.selected[path] ?? []).map { [Int($0[1])] })
    }
  }

  private func estimator(_ k: Double, _ d: Double, threads: Int = 2) throws -> SimulationEstimator {
    var estimator = try NetworkEstimator(expression(k, d), species: ["protein"])
    estimator.threads = threads
    var search = SimulationEstimator(estimator)
    search.particles = 100
    search.simulationLimit = 6000
    return search
  }

  /// From one path and from many: amounts and moments.
  @Test(arguments: [1, 40]) func knownRatesLieInTheIntervals(paths: Int) throws {
    var populations: [Double] = []
    let fit = try estimator(1, 1).fit(records(paths)) { populations.append($1) }
    #expect(populations.count == fit.populations && fit.populations > 2)
    #expect(zip(populations, populations.dropFirst()).allSatisfy { $0 > $1 })
    #expect(fit.estimates.map(\.name) == ["k", "d"])
    for (estimate, truth) in zip(fit.estimates, [4, 0.2]) {
      let (lower, upper) = (try #require(estimate.lower), try #require(estimate.upper))
      #expect(lower < truth && truth < upper, "\(estimate)")
      #expect(lower < estimate.value && estimate.value < upper)
      // The prior is a factor of 10,000 wide.
      #expect(upper / lower < (paths == 1 ? 1000 : 20))
    }
    #expect(try #require(fit.fit).probability > 0.01)
    #expect(fit.network.quantities.map(\.initial).contains(fit.estimates[0].value))
  }

  @Test func threadsDoNotChangeTheResult() throws {
    let records = try records(10)
    let one = try estimator(2, 0.4, threads: 1).fit(records) { _, _ in }
    let three = try estimator(2, 0.4, threads: 3).fit(records) { _, _ in }
    #expect(one.estimates == three.estimates)
    #expect(one.simulations == three.simulations)
    #expect(one.fit == three.fit)
  }

  /// A model that cannot have made the records is told by the fit.
  @Test func aWrongModelIsTold() throws {
    let network = try ReactionNetwork("poisson") {
      Reaction(0 --> .species("protein"), at: .parameter("k", 8))
      Reaction(.species("protein") --> 0, at: .parameter("d", 0.2))
    }
    var search = SimulationEstimator(try NetworkEstimator(network, species: ["protein"]))
    search.particles = 100
    search.simulationLimit = 4000
    #expect(try #require(search.fit(records(40)) { _, _ in }.fit).probability < 0.01)
  }

  @Test func whatCannotBeFittedIsNamed() throws {
    let still = CountRecord(times: [1, 2], counts: [[3], [3]])
    #expect(
      throws: FitError.data(line: nil, "the amounts never change: there is nothing to fit by")
    ) {
      try estimator(1, 1).fit([still]) { _, _ in }
    }
    let early = CountRecord(times: [-1, 2], counts: [[3], [4]])
    #expect(throws: FitError.data(line: nil, "expected times of 0 or more, for paths begin at 0")) {
      try estimator(1, 1).fit([early]) { _, _ in }
    }
    let error = #expect(throws: FitError.self) {
      try NetworkEstimator(expression(1, 1), species: ["protein"])
        .fit(records(1), seenAt: .snapshots)
    }
    #expect("\(String(describing: error))".contains("fit by simulation instead"))
  }
}
