import ApusJumpProcesses
import Glibc
import Testing

/// Paths and rate equations of networks that change while nothing happens.
@Suite struct DriftTests {
  /// The solution of `dm/dt = 10 (1 + sin t) − m`.
  private func seasonalMean(_ time: Double) -> Double {
    10 * (1 - exp(-time)) + 5 * (sin(time) - cos(time) + exp(-time))
  }

  /// Means and standard deviations of `paths` paths lie near those of a Poisson law.
  private func expectPoisson(
    _ ensemble: Ensemble, _ quantity: Int = 0, paths: Double, mean: (Double) -> Double
  ) {
    for (point, time) in ensemble.times.enumerated() where time > 0 {
      let m = mean(time)
      #expect(abs(ensemble.means[point][quantity] - m) < 4.5 * (m / paths).squareRoot())
      let variance = ensemble.deviations[point][quantity] * ensemble.deviations[point][quantity]
      #expect(abs(variance / m - 1) < 5 * ((2 + 1 / m) / paths).squareRoot())
    }
  }

  @Test(arguments: TimedRatesTests.networks)
  func ratesThatReadTheTimeKeepTheLaw(network: ReactionNetwork) throws {
    let ensemble = try Simulation(network, until: 6, points: 7, paths: 4000).run()
    #expect(ensemble.method == .direct)
    expectPoisson(ensemble, paths: 4000, mean: seasonalMean)
  }

  @Test func threadsDoNotChangeThePaths() throws {
    var simulation = Simulation(TimedRatesTests.networks[0], until: 3, points: 5, paths: 64)
    let one = try simulation.run()
    simulation.threads = 3
    #expect(try simulation.run().means == one.means)
    simulation.seed = 7
    #expect(try simulation.run().means != one.means)
  }

  /// A rate that is not zero for a hundredth of the time alone, and jumps.
  @Test func shortPulsesAreNotPassedOver() throws {
    let isOn = ModelExpression.apply(
      .and, [.apply(.greaterOrEqual, [.time, 600]), .apply(.less, [.time, 600.5])])
    var network = TimedRatesTests.network(.apply(.piecewise, [40, isOn, 0]))
    network.reactions.removeLast()
    let ensemble = try Simulation(network, until: 1000, points: 3, paths: 2000).run()
    #expect(ensemble.means[1] == [0])
    #expect(abs(ensemble.means[2][0] - 20) < 4.5 * (20.0 / 2000).squareRoot())

    let bell = 8 * ModelExpression.apply(.exp, [0 - (.time - 600) * (.time - 600) / 8])
    network.reactions[0].rate = .law(bell)
    let smooth = try Simulation(network, until: 1000, points: 2, paths: 2000).run()
    let mean = 8 * (8 * Double.pi).squareRoot()
    #expect(abs(smooth.means[1][0] - mean) < 4.5 * (mean / 2000).squareRoot())
  }

  /// `dk/dt = −k` from 5 and births at `k`, through a rule that reads it.
  private var fading: ReactionNetwork {
    var network = Networks.immigrationDeath
    network.quantities.append(.init("k", .parameter, initial: 5))
    network.quantities.append(.init("double", .parameter, initial: 0))
    network.rateRules = [.init(1, 0 - .quantity(1))]
    network.rules = [.init(2, 2 * .quantity(1))]
    network.reactions = [
      .init("birth", consumed: [:], produced: [0: 1], rate: .law(.quantity(2)))
    ]
    return network
  }

  @Test func rateRulesAreFollowedBetweenReactions() throws {
    let ensemble = try Simulation(fading, until: 4, points: 5, paths: 4000).run()
    #expect(ensemble.names == ["X", "k", "double"])
    expectPoisson(ensemble, paths: 4000) { 10 * (1 - exp(-$0)) }
    for (time, row) in zip(ensemble.times, ensemble.means) {
      #expect(abs(row[1] - 5 * exp(-time)) < 1e-7)
      #expect(abs(row[2] - 10 * exp(-time)) < 1e-7)
    }
  }

  /// A quantity that falls to 0 and is set to 1 again: a saw of period 1, as path and as equation.
  @Test(arguments: [SimulationMethod.direct, .rateEquations])
  func eventsHappenWhereQuantitiesCross(method: SimulationMethod) throws {
    var network = fading
    network.quantities[1].initial = 1
    network.rateRules = [.init(1, -1)]
    network.quantities.append(.init("falls", .parameter, initial: 0))
    network.events = [
      .init(
        "empty", when: .apply(.lessOrEqual, [.quantity(1), 0]),
        [.init(1, 1), .init(3, .quantity(3) + 1)])
    ]
    var simulation = Simulation(network, until: 9.75, points: 40)
    simulation.method = method
    let ensemble = try simulation.run()
    try #require(ensemble.fault == nil)
    for (time, row) in zip(ensemble.times, ensemble.means) where time != time.rounded() {
      #expect(abs(row[1] - (1 - time.truncatingRemainder(dividingBy: 1))) < 1e-6)
      #expect(row[3] == time.rounded(.down))
    }
  }

  /// A ball that jumps half as high each time, infinitely often before time 3: time stands still there.
  @Test(arguments: [SimulationMethod.direct, .rateEquations])
  func eventsThatFollowEachOtherEverFasterAreTold(method: SimulationMethod) throws {
    var network = Networks.immigrationDeath
    network.reactions = [
      .init("never", consumed: [:], produced: [0: 1], rate: .massAction(0))
    ]
    network.quantities.append(.init("height", .parameter, initial: 1))
    network.quantities.append(.init("speed", .parameter, initial: 0))
    network.rateRules = [.init(1, .quantity(2)), .init(2, -9.81)]
    let lands = ModelExpression.apply(
      .and, [.apply(.lessOrEqual, [.quantity(1), 0]), .apply(.less, [.quantity(2), 0])])
    network.events = [
      .init("lands", when: lands, [.init(1, 0), .init(2, -0.5 * .quantity(2))])
    ]
    var simulation = Simulation(network, until: 3, points: 31)
    simulation.method = method
    let ensemble = try simulation.run()
    guard case .endlessEvents(let time) = ensemble.fault else {
      Issue.record("\(String(describing: ensemble.fault))")
      return
    }
    // √(2/g) to the ground, then twice the time of each jump: 1 + 2 (½ + ¼ + …) = 3 times that.
    #expect(abs(time - 3 * (2 / 9.81).squareRoot()) < 1e-3)
  }

  @Test func aRateThatTurnsNegativeIsNamed() throws {
    let network = TimedRatesTests.network(1 - .time)
    let error = #expect(throws: JumpProcessError.self) {
      try Simulation(network, until: 3, points: 2).run()
    }
    guard case .propensity(reaction: "immigration", let value, let time, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(value < 0)
    #expect(time > 1 && time < 1.1)
  }

  @Test func conditionsThatBendInTimeAreFollowed() throws {
    var network = fading
    let square = ModelExpression.apply(.greaterOrEqual, [.time * .time, 2])
    network.quantities.append(.init("late", .parameter, initial: 0))
    network.events = [.init("late", when: square, [.init(3, .time)])]
    let ensemble = try Simulation(network, until: 3, points: 4).run()
    #expect(ensemble.means[1][3] == 0)
    #expect(abs(ensemble.means[2][3] - 2.0.squareRoot()) < 1e-9)
  }

  @Test func rateEquationsReadTimeRulesAndEvents() throws {
    let season = try Simulation(TimedRatesTests.networks[0], until: 6, points: 7)
      .with(.rateEquations).run()
    for (time, row) in zip(season.times, season.means) {
      #expect(abs(row[0] - seasonalMean(time)) < 1e-6)
    }
    var network = fading
    network.events = [.init("refill", when: .apply(.greaterOrEqual, [.time, 2]), [.init(1, 5)])]
    let refilled = try Simulation(network, until: 4, points: 5).with(.rateEquations).run()
    try #require(refilled.fault == nil)
    // The event's value is there at its own time.
    #expect(refilled.means[2][1] == 5)
    #expect(refilled.means[2][2] == 10)
    #expect(abs(refilled.means[4][0] - 20 * (1 - exp(-2))) < 1e-6)
  }

  @Test func theMasterEquationSaysThatItHasNoRateRules() {
    #expect(
      throws: JumpProcessError.unsupported(
        "k of immigration-death changes by a rate rule, which a master equation of counts does not "
          + "have; simulate it")
    ) { try MasterEquation(fading) }
  }

  /// One path without end stops when asked to, and what it did is kept.
  @Test(arguments: [
    SimulationMethod.automatic, .direct, .nextReaction, .sumTree, .compositionRejection, .lanes,
    .tauLeaping,
  ])
  func aPathStopsWhenAskedTo(method: SimulationMethod) throws {
    var simulation = Simulation(Networks.immigrationDeath, until: 1e9, points: 1_000_001)
    simulation.method = method
    let asked = Counter()
    let ensemble = try simulation.run(isCancelled: { asked.next() > 3 })
    guard case .cancelled(let time) = ensemble.fault else {
      Issue.record("\(String(describing: ensemble.fault))")
      return
    }
    #expect(time > 0 && time < 1e9)
    #expect(ensemble.paths == 1)
    #expect(ensemble.times.count > 1)
    #expect(ensemble.times.count < 1_000_000)
  }
}

/// Counts how often it is asked.
private final class Counter: @unchecked Sendable {
  private var count = 0
  func next() -> Int {
    count += 1
    return count
  }
}
