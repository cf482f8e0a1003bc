import ApusJumpProcesses
import Foundation
import Testing

/// Leaps, diffusions and rate equations against laws that are known.
@Suite struct ApproximateTests {
  private func simulate(
    _ network: ReactionNetwork, _ method: SimulationMethod, until: Double, paths: Int = 1000
  ) throws -> Ensemble {
    var simulation = Simulation(network, until: until, points: 6, paths: paths)
    simulation.method = method
    simulation.seed = 21
    simulation.threads = 2
    return try simulation.run()
  }

  /// Immigration at 10,000 and death at 1 each, from nothing.
  private var large: ReactionNetwork {
    var network = Networks.immigrationDeath
    network.reactions[0].rate = .massAction(10_000)
    return network
  }

  /// The null: steps of h = 0.03 lifetimes, whose bias is that of Euler's method.
  ///
  /// The mean lags by `10,000·e⁻ᵗ·t·h/2`, at most 0.5 % here; the deviation is too wide by `h/4`.
  /// Beyond these the mean's error is below four standard errors, and the deviation's below four,
  /// all but about once in 10,000 seeds a point.
  @Test(arguments: [SimulationMethod.tauLeaping, .binomialLeaping, .langevin])
  func largeAmountsKeepMeanAndDeviation(method: SimulationMethod) throws {
    let ensemble = try simulate(large, method, until: 5)
    #expect(ensemble.method == method)
    for point in 2..<6 {
      let mean = 10_000 * (1 - exp(-ensemble.times[point]))
      let error = abs(ensemble.means[point][0] - mean)
      #expect(error < 0.005 * mean + 4 * (mean / 1000).squareRoot())
      let ratio = ensemble.deviations[point][0] / mean.squareRoot()
      #expect(abs(ratio - 1) < 0.01 + 4 / 2000.squareRoot())
    }
    // 10,000 immigrations a unit of time, and as many deaths at the end, in far fewer steps.
    #expect(abs(Double(ensemble.events) / 1000 - 90_000) < 1500)
  }

  /// What takes the last of a species leaves nothing of it, not a rounding below that.
  @Test(arguments: [1, 0.3]) func diffusionsStayAboveZero(share: Double) throws {
    var network = ReactionNetwork("triples")
    network.quantities = [.init("A", .species, initial: 4), .init("B", .species, initial: 0)]
    network.reactions = [
      .init("gain", consumed: [:], produced: [0: 3], rate: .massAction(0.7)),
      .init("loss", consumed: [0: 1], produced: [:], rate: .massAction(0.5)),
      .init(
        "root", consumed: [:], produced: [1: 1],
        rate: .law(.apply(.sqrt, [.number(share) * .quantity(0)]))),
    ]
    #expect(try simulate(network, .langevin, until: 20, paths: 2000).paths == 2000)
  }

  /// Dimerization, whose pairs are of second order, against the master equation.
  @Test(arguments: [SimulationMethod.tauLeaping, .binomialLeaping])
  func pairsKeepTheirMoments(method: SimulationMethod) throws {
    let ensemble = try simulate(Networks.dimerization, method, until: 50)
    let solution = try MasterEquation(Networks.dimerization).solve(at: ensemble.times)
    for point in 1..<6 {
      let moments = try #require(solution.distributions[point].moments(of: "P"))
      let error = abs(ensemble.means[point][0] - moments.mean)
      #expect(error < 0.01 * moments.mean + 4 * moments.deviation / 1000.squareRoot())
      let ratio = ensemble.deviations[point][0] / moments.deviation
      #expect(abs(ratio - 1) < 0.05 + 4 / 2000.squareRoot())
    }
  }

  @Test(arguments: [SimulationMethod.tauLeaping, .binomialLeaping])
  func moreFiringsThanThereAreNumbersForAreRefused(method: SimulationMethod) {
    var network = Networks.immigrationDeath
    network.reactions = [
      .init("immigration", consumed: [:], produced: [0: 1], rate: .massAction(1e308))
    ]
    let error = #expect(throws: JumpProcessError.self) {
      try simulate(network, method, until: 100, paths: 1)
    }
    #expect(error?.description.contains("more reactions in a step of 20.0") == true)
  }

  /// Small amounts: leaps give way to single reactions and nothing is ever negative.
  @Test(arguments: [SimulationMethod.tauLeaping, .binomialLeaping, .langevin])
  func amountsAreNeverNegative(method: SimulationMethod) throws {
    var simulation = Simulation(Networks.dimerization, until: 400, points: 41, paths: 50)
    simulation.method = method
    simulation.network.reactions[0].rate = .massAction(0.5)
    simulation.network.reactions[1].rate = .massAction(0.001)
    simulation.selectedPaths = Set(0..<50)
    for path in try simulation.run().selected.values {
      for row in path {
        #expect(row.allSatisfy { $0 >= 0 })
        let sum = row[0] + 2 * row[1]
        #expect(method == .langevin ? abs(sum - 100) < 1e-9 : sum == 100)
      }
    }
  }

  /// One molecule that is in one of two states: a diffusion keeps their sum and the mean of both.
  @Test func diffusionsKeepConservedSums() throws {
    var network = Networks.ehrenfest
    network.quantities[0].initial = 1
    network.quantities[1].initial = 0
    let ensemble = try simulate(network, .langevin, until: 20, paths: 400)
    for row in ensemble.means { #expect(abs(row[0] + row[1] - 1) < 1e-12) }
    // Between 0 and 1, with a deviation of at most a half: five standard errors.
    #expect(abs(ensemble.means[5][0] - 0.5) < 5 * 0.5 / 20)
  }

  @Test func amountsBeyondWholeNumbersAreRefused() throws {
    var simulation = Simulation(Networks.immigrationDeath, until: 1, points: 2, paths: 1)
    simulation.network.quantities[0].initial = 1e20
    for method in [SimulationMethod.automatic, .tauLeaping, .direct] {
      simulation.method = method
      #expect(throws: JumpProcessError.self) { try simulation.run() }
    }
  }

  @Test func rateEquationsFollowTheClosedForm() throws {
    let ensemble = try simulate(Networks.immigrationDeath, .rateEquations, until: 5, paths: 1)
    for (time, row) in zip(ensemble.times, ensemble.means) {
      #expect(abs(row[0] - 10 * (1 - exp(-time))) < 1e-6)
    }
    // 2 P → P2 alone: dP/dt = −k P², without the −1 of the ways to pick.
    var network = Networks.dimerization
    network.reactions.removeLast()
    let pairs = try simulate(network, .rateEquations, until: 50, paths: 1)
    for (time, row) in zip(pairs.times, pairs.means) {
      #expect(abs(row[0] - 100 / (1 + 0.1 * time)) < 1e-5)
    }
  }

  /// Robertson's problem: rates over nine decades, which only a stiff solver follows.
  @Test func stiffEquationsAreFollowed() throws {
    var network = ReactionNetwork("robertson")
    network.quantities = [
      .init("A", .species, initial: 1), .init("B", .species, initial: 0),
      .init("C", .species, initial: 0),
    ]
    let (a, b, c) = (
      ModelExpression.quantity(0), ModelExpression.quantity(1), ModelExpression.quantity(2)
    )
    network.reactions = [
      .init("slow", consumed: [0: 1], produced: [1: 1], rate: .law(0.04 * a)),
      .init("fast", consumed: [1: 2], produced: [1: 1, 2: 1], rate: .law(3e7 * b * b)),
      .init("back", consumed: [1: 1, 2: 1], produced: [0: 1, 2: 1], rate: .law(1e4 * b * c)),
    ]
    let last = try #require(try simulate(network, .rateEquations, until: 40, paths: 1).means.last)
    // Hairer, Wanner, "Solving ordinary differential equations II", section IV.10.
    #expect(abs(last[0] - 0.7158) < 1e-4)
    #expect(abs(last[1] - 9.185e-6) < 1e-8)
    #expect(abs(last[2] - 0.2842) < 1e-4)
  }

  @Test func growthWithoutEndIsToldByTheEquations() throws {
    var network = Networks.yule(from: 1)
    network.reactions[0].rate = .law(.quantity(0) * .quantity(0))
    let ensemble = try Simulation(network, until: 2, points: 101).with(.rateEquations).run()
    guard case .integration(let time, _) = ensemble.fault else {
      Issue.record("\(String(describing: ensemble.fault))")
      return
    }
    #expect(abs(time - 1) < 0.01)
    // The points at 0, 0.02, … 0.98.
    #expect(ensemble.times.count == 50)
  }

  @Test(arguments: [SimulationMethod.tauLeaping, .binomialLeaping, .langevin])
  func threadsDoNotChangeThePaths(method: SimulationMethod) throws {
    var simulation = Simulation(large, until: 2, points: 5, paths: 60)
    simulation.method = method
    let one = try simulation.run()
    simulation.threads = 3
    let three = try simulation.run()
    #expect(one.means == three.means)
    #expect(one.deviations == three.deviations)
    simulation.seed = 9
    #expect(try simulation.run().means != one.means)
  }

  @Test func whatTheyDoNotTakeIsNamed() throws {
    var simulation = Simulation(Networks.dimerization, until: 1, paths: 2).with(.rateEquations)
    #expect(throws: JumpProcessError.self) { try simulation.run() }
    simulation.network.events = [.init("never", when: 0, [])]
    for method in [SimulationMethod.tauLeaping, .langevin] {
      let error = #expect(throws: JumpProcessError.self) { try simulation.with(method).run() }
      #expect("\(String(describing: error))".contains("without events"))
    }
  }
}

extension Simulation {
  func with(_ method: SimulationMethod) -> Simulation {
    var result = self
    result.method = method
    return result
  }
}
