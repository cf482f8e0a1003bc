import ApusJumpProcesses
import CJumpProcesses
import Foundation
import Synchronization
import Testing

@Suite struct SimulationTests {
  static let methods: [SimulationMethod] = [
    .lanes, .direct, .nextReaction, .sumTree, .compositionRejection,
  ]

  /// The share of points whose mean or variance is further off than a correct simulator's would be.
  ///
  /// `Z = √n (mean − μ)/σ` and `Y = √(n/2) (sd²/σ² − 1)` are about normal; the limits are those of
  /// the discrete stochastic models test suite (Evans, Gillespie, Wilkinson 2008), 3 and 5.
  private func failures(
    _ ensemble: Ensemble, of quantity: Int = 0, _ law: (Double) -> (mean: Double, sd: Double)
  ) -> Int {
    let count = Double(ensemble.paths)
    return ensemble.times.indices.dropFirst().count { point in
      let (mean, sd) = law(ensemble.times[point])
      let z = count.squareRoot() * (ensemble.means[point][quantity] - mean) / sd
      let ratio = ensemble.deviations[point][quantity] / sd
      let y = (count / 2).squareRoot() * (ratio * ratio - 1)
      return !(abs(z) <= 3 && abs(y) <= 5)  // so that what is no number fails
    }
  }

  private func simulate(
    _ network: ReactionNetwork, _ method: SimulationMethod, until: Double = 5, paths: Int = 4000,
    seed: UInt64 = 5
  ) throws -> Ensemble {
    var simulation = Simulation(network, until: until, points: 26, paths: paths)
    simulation.method = method
    simulation.seed = seed
    simulation.threads = 2
    return try simulation.run()
  }

  /// The null: the path is exact.
  ///
  /// At most one of 25 correlated points may fail, which a correct program exceeds less than once in 100 seeds; the seed is fixed.
  @Test(arguments: methods) func immigrationAndDeathArePoisson(method: SimulationMethod) throws {
    let ensemble = try simulate(Networks.immigrationDeath, method)
    #expect(ensemble.method == method)
    let failed = failures(ensemble) { time in
      let mean = 10 * (1 - exp(-time))
      return (mean, mean.squareRoot())
    }
    #expect(failed <= 1)
  }

  @Test func generalRatesFollowTheSameLaw() throws {
    let ensemble = try simulate(Networks.immigrationDeathByLaw, .automatic)
    #expect(ensemble.method == .lanes)
    let failed = failures(ensemble) { time in
      let mean = 10 * (1 - exp(-time))
      return (mean, mean.squareRoot())
    }
    #expect(failed <= 1)
  }

  @Test(arguments: methods) func yuleIsNegativeBinomial(method: SimulationMethod) throws {
    let ensemble = try simulate(Networks.yule(from: 10), method)
    let failed = failures(ensemble) { time in
      let growth = exp(0.3 * time)
      return (10 * growth, (10 * growth * (growth - 1)).squareRoot())
    }
    #expect(failed <= 1)
  }

  /// Pairs are taken without order and without repetition: the mean follows the exact solution.
  @Test(arguments: methods) func dimersAgreeWithTheMasterEquation(method: SimulationMethod) throws {
    let ensemble = try simulate(Networks.dimerization, method, until: 50)
    let solution = try MasterEquation(Networks.dimerization).solve(at: ensemble.times)
    let failed = failures(ensemble) { time in
      let point = ensemble.times.firstIndex(of: time) ?? 0
      let moments = solution.distributions[point].moments(of: "P")
      return (moments?.mean ?? .nan, moments?.deviation ?? .nan)
    }
    #expect(failed <= 1)
  }

  /// Every instruction set follows the law; the loops of 8, 16, 32, 64 and 128 reactions are all used, the last two with
  /// few species, whose changes are in tables, and with many, whose changes are added one by one.
  @Test(arguments: [(2, 2), (9, 9), (20, 20), (40, 40), (100, 100), (4, 20), (4, 40), (4, 100)])
  func everyInstructionSetKeepsTheLaw(species: Int, reactions: Int) throws {
    for set in 0..<apus_jump_isa_count() {
      #expect(apus_jump_isa_select(Int32(set)))
      defer { _ = apus_jump_isa_select(-1) }
      // In this thread alone, where the set is selected.
      var simulation = Simulation(
        Networks.ring(species, reactions: reactions), until: 2, points: 5, paths: 600)
      simulation.seed = 11
      simulation.method = .lanes
      let ensemble = try simulation.run()
      for point in ensemble.times.indices {
        let total = ensemble.means[point].reduce(0, +)
        #expect(abs(total - 10 * Double(species)) < 1e-9 * total)
      }
      // In the steady state each species is binomial of mean 10; the null is that their means are.
      let sd = (10 * (1 - 1 / Double(species)) / 600).squareRoot()
      let areNear = ensemble.means[4].allSatisfy { abs($0 - 10) / sd < 4.5 }
      #expect(areNear, "a correct program exceeds this less than once in 1000 seeds")
    }
  }

  @Test(arguments: methods + [.automatic])
  func threadsDoNotChangeThePaths(method: SimulationMethod) throws {
    var simulation = Simulation(Networks.dimerization, until: 20, points: 11, paths: 700)
    simulation.method = method
    simulation.selectedPaths = [0, 1, 2]
    let one = try simulation.run()
    simulation.threads = 3
    let three = try simulation.run()
    #expect(one.means == three.means)
    #expect(one.deviations == three.deviations)
    #expect(one.selected == three.selected)
    #expect(one.events == three.events)
    simulation.seed = 1
    #expect(try simulation.run().means != one.means)
  }

  /// A path depends on its own number alone.
  @Test(arguments: methods) func pathsDoNotDependOnTheirNumber(method: SimulationMethod) throws {
    var simulation = Simulation(Networks.dimerization, until: 20, points: 11, paths: 40)
    simulation.method = method
    simulation.selectedPaths = [0, 1, 2]
    let many = try simulation.run()
    simulation.paths = 3
    #expect(try simulation.run().selected == many.selected)
  }

  @Test(arguments: methods) func nothingHappensWhereNothingCan(method: SimulationMethod) throws {
    var network = Networks.immigrationDeath
    network.quantities[0].initial = 3
    network.reactions.removeFirst()
    let ensemble = try simulate(network, method, until: 1000)
    #expect(ensemble.means[25] == [0])
    #expect(ensemble.events == 3 * 4000)
  }

  @Test(arguments: methods) func growthWithoutEndIsStopped(method: SimulationMethod) throws {
    var simulation = Simulation(Networks.yule(from: 1), until: 1000, points: 3, paths: 20)
    simulation.method = method
    simulation.eventLimit = 100_000
    let error = #expect(throws: JumpProcessError.self) { try simulation.run() }
    guard case .eventLimit(100_000, let path, let time) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(0..<20 ~= path)
    #expect(time > 0 && time < 1000)
  }

  /// The most reactions that a path may fire are kept to one, though the path ends soon after.
  @Test(arguments: methods) func theLimitOfEventsIsKept(method: SimulationMethod) throws {
    var simulation = Simulation(Networks.yule(from: 3), until: 0.1, points: 11, paths: 64)
    simulation.method = method
    simulation.network.reactions[0].rate = .massAction(1)
    let free = try simulation.run()
    #expect(free.fault == nil)
    simulation.selectedPaths = Set(0..<64)
    let fired = try simulation.run().selected.values.map { Int($0[10][0]) - 3 }
    let most = try #require(fired.max())
    simulation.eventLimit = most
    #expect(try simulation.run().fault == nil)
    simulation.eventLimit = most - 1
    let error = #expect(throws: JumpProcessError.self) {
      if let fault = try simulation.run().fault { throw fault }
    }
    guard case .eventLimit(most - 1, let path, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(fired.indices.contains(path))
  }

  @Test func aRateThatIsNoneIsNamed() throws {
    var network = Networks.immigrationDeath
    network.reactions[0].rate = .law(3 - .quantity(0))
    network.reactions[0].produced = [0: 2]
    let error = #expect(throws: JumpProcessError.self) {
      try Simulation(network, until: 100, points: 2, paths: 5).run()
    }
    guard case .propensity(let reaction, let value, let time, let state) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reaction == "immigration")
    #expect(value == -1)
    #expect(time > 0)
    #expect(state == "X = 4")
  }

  @Test func methodsThatNeedNetworksWithoutEventsSaySo() throws {
    var network = Networks.immigrationDeath
    network.events = [.init("late", when: .apply(.greaterOrEqual, [.time, 1]), [.init(0, 0)])]
    var simulation = Simulation(network, until: 1)
    simulation.method = .lanes
    let error = #expect(throws: JumpProcessError.self) { try simulation.run() }
    #expect("\(String(describing: error))".contains("use direct"))
  }

  @Test func whatIsAskedForTwiceIsRefusedBeforeThePaths() {
    var simulation = Simulation(Networks.immigrationDeath, until: 1, points: 2, paths: 1)
    simulation.until = 1e301
    #expect(throws: JumpProcessError.self) { try simulation.prepared() }
    simulation.until = 1
    simulation.quantiles = [0.5, 0.5]
    #expect(throws: JumpProcessError.self) { try simulation.prepared() }
    simulation.quantiles = []
    simulation.histograms = ["X", "X"]
    #expect(throws: JumpProcessError.self) { try simulation.prepared() }
  }

  @Test func pathsThatWereNotBegunAreMissing() throws {
    var simulation = Simulation(Networks.immigrationDeath, until: 1, points: 2, paths: 1000)
    #expect(throws: JumpProcessError.cancelled(time: 0)) {
      try simulation.run(isCancelled: { true })
    }
    simulation.threads = 1
    let asked = Mutex(0)
    let some = try simulation.run(isCancelled: {
      asked.withLock { count in
        count += 1
        return count > 2
      }
    })
    #expect(some.paths > 0 && some.paths < 1000)
    guard case .cancelled = some.fault else {
      Issue.record("expected a fault that says so")
      return
    }
  }

  @Test func quantilesAreThoseOfThePaths() throws {
    var simulation = Simulation(Networks.immigrationDeath, until: 50, points: 2, paths: 2001)
    simulation.quantiles = [0, 0.5, 1]
    let ensemble = try simulation.run()
    #expect(ensemble.quantiles.count == 3)
    // The median of a Poisson distribution of mean 10 is 10; that of 2001 draws is 10 but for one
    // seed in a million.
    #expect(ensemble.quantiles[1][1] == [10])
    #expect(ensemble.quantiles[0][1][0] < 5)
    #expect(ensemble.quantiles[2][1][0] > 15)
  }

  @Test func largeNetworksKeepTheLaw() throws {
    for method in [SimulationMethod.sumTree, .compositionRejection, .nextReaction] {
      var simulation = Simulation(Networks.ring(3000), until: 1, points: 2, paths: 3)
      simulation.method = method
      let ensemble = try simulation.run()
      let total = ensemble.means[1].reduce(0, +)
      #expect(abs(total - 30_000) < 1e-6)
      // 90,000 events are expected, with a standard deviation of 300.
      #expect(abs(Double(ensemble.events) - 90_000) < 5 * 300)
    }
  }
}
