import ApusJumpProcesses
import Glibc
import Testing

/// Rates that change in time.
@Suite struct TimedRatesTests {
  /// Immigration at `10 (1 + sin t)` and death at 1 each, from nothing, written two ways.
  static let networks: [ReactionNetwork] = {
    let season = 10 * (1 + ModelExpression.apply(.sin, [.time]))
    // The same through a factor that reads both.
    let mixed = ModelExpression.apply(.max, [season, -1 - .quantity(0)])
    return [network(season), network(mixed)]
  }()

  static func network(_ immigration: ModelExpression) -> ReactionNetwork {
    var network = Networks.immigrationDeath
    network.name = "season"
    network.reactions[0].rate = .law(immigration)
    return network
  }

  /// The solution of `dm/dt = 10 (1 + sin t) − m`.
  private func mean(_ time: Double) -> Double {
    10 * (1 - exp(-time)) + 5 * (sin(time) - cos(time) + exp(-time))
  }

  @Test(arguments: networks) func immigrationStaysPoisson(network: ReactionNetwork) throws {
    let solution = try MasterEquation(network).solve(at: [0, 1, 4], by: .cvode)
    #expect(!solution.isCertified)
    #expect(solution.lost <= 1e-8)
    for (time, distribution) in zip(solution.times, solution.distributions).dropFirst() {
      let marginal = try #require(distribution.marginal(of: "X"))
      let m = mean(time)
      let error = marginal.enumerated().reduce(0) { sum, entry in
        let exact = exp(Double(entry.offset) * log(m) - m - lgamma(Double(entry.offset) + 1))
        return sum + abs(entry.element - exact)
      }
      #expect(error < 1e-7)
    }
  }

  /// From nothing at all, and nothing else moves: `10` for `3 < t < 4`, seen at 10; the amount is
  /// Poisson with mean `∫ rate`.
  @Test(arguments: [0.999, 0.05]) func pulsesAreNotPassedOver(length: Double) throws {
    let during = ModelExpression.apply(
      .and, [.apply(.greater, [.time, 3]), .apply(.less, [.time, .number(3 + length)])])
    var network = Self.network(.apply(.piecewise, [10, during, 0]))
    network.reactions.removeLast()
    let mean = 10 * length
    let marginal = try #require(
      MasterEquation(network).solve(at: [10], by: .cvode).distributions[0].marginal(of: "X"))
    for (count, probability) in marginal.enumerated() {
      let exact = exp(Double(count) * log(mean) - mean - lgamma(Double(count) + 1))
      #expect(abs(probability - exact) < 1e-8)
    }
    for closure in MomentEquations.Closure.allCases {
      let moments = try #require(
        MomentEquations(network, closure).solve(at: [10]).moments(of: "X", point: 0))
      #expect(abs(moments.mean - mean) < 1e-8)
    }
  }

  /// Pulses of 20 by a comparison that is not linear, and a rate in steps, `⌊t⌋`.
  ///
  /// The pulses are the first 0.3 of every two units. Means are sums over the pieces.
  @Test func ratesThatJumpAgainAndAgainAreFollowed() throws {
    let within = ModelExpression.time - 2 * .apply(.floor, [.time / 2])
    let pulses = ModelExpression.apply(
      .piecewise, [20, .apply(.less, [within, 0.3]), 0])
    let last = 9.0
    func share(_ from: Double, _ to: Double) -> Double { exp(to - last) - exp(from - last) }
    let means = [
      stride(from: 0, to: last, by: 2).reduce(0) { $0 + 20 * share($1, $1 + 0.3) },
      stride(from: 0, to: last, by: 1).reduce(0) { $0 + $1 * share($1, $1 + 1) },
    ]
    for (rate, mean) in zip([pulses, .apply(.floor, [.time])], means) {
      let network = Self.network(rate)
      let solution = try MasterEquation(network).solve(at: [1, 6.3, last], by: .cvode)
      #expect(abs(try #require(solution.distributions[2].moments(of: "X")).mean - mean) < 1e-6)
      let moments = try MomentEquations(network, .normal).solve(at: [1, 6.3, last])
      #expect(abs(try #require(moments.moments(of: "X", point: 2)).mean - mean) < 1e-6)
      var simulation = Simulation(network, until: last, points: 31, paths: 1)
      simulation.method = .rateEquations
      #expect(abs(try simulation.run().means[30][0] - mean) < 1e-6)
    }
  }

  /// Jumps a last digit before or after a time that is written, or another jump.
  @Test func jumpsBesideTimesAreFollowed() throws {
    func after(_ time: Double, _ rate: ModelExpression) -> ModelExpression {
      .apply(.piecewise, [rate, .apply(.less, [.time, .number(time)]), rate + 10])
    }
    let network = Self.network(after(0.3, after(0.1 + 0.2, 10)))
    let times = (0...9).map { 0.9 * Double($0) / 9 }
    let jump = 0.3
    for last in [times, [jump], [jump.nextUp], [jump.nextDown, 0.9]] {
      let solution = try MasterEquation(network).solve(at: last, by: .cvode)
      let time = last[last.count - 1]
      let mean = 10 * (1 - exp(-time)) + 20 * (1 - exp(-max(0, time - 0.3)))
      let moments = try #require(solution.distributions[last.count - 1].moments(of: "X"))
      #expect(abs(moments.mean - mean) < 1e-6)
    }
  }

  /// What rules say at the time of a distribution, not at the start.
  @Test func rulesReadTheTimeOfTheirDistribution() throws {
    var network = Networks.immigrationDeath
    network.quantities.append(.init("s", .parameter, initial: 0))
    network.rules = [.init(1, .time * .quantity(0))]
    for method in [PropagationMethod.uniformization, .krylov, .cvode] {
      let distribution = try MasterEquation(network).solve(at: [2], by: method).distributions[0]
      #expect(abs(try #require(distribution.moments(of: "s")).mean - 20 * (1 - exp(-2))) < 1e-5)
    }
    let adaptive = try MasterEquation(network).solve(at: [2]).distributions[0]
    #expect(abs(try #require(adaptive.moments(of: "s")).mean - 20 * (1 - exp(-2))) < 1e-5)
    let states = try NetworkStates(network, bounds: [60])
    #expect(states.distribution(states.initial).moments(of: "s") == nil)
    let error = #expect(throws: JumpProcessError.self) {
      try NetworkStates.firstPassage(
        of: network, where: .apply(.greaterOrEqual, [.quantity(1), 5]))
    }
    #expect(error?.description.contains("a rule in it reads the time") == true)
  }

  /// `50 exp(−((t − 50)/0.1)²)`, which comes to `5 √π`, in one of a thousand parts of the time.
  @Test func smoothPulsesAreNotPassedOver() throws {
    let shifted = (ModelExpression.time - 50) / 0.1
    var network = Self.network(50 * .apply(.exp, [-1 * shifted * shifted]))
    network.reactions.removeLast()
    let mean = 5 * Double.pi.squareRoot()
    let solution = try MasterEquation(network).solve(at: [102], by: .cvode)
    let moments = try #require(solution.distributions[0].moments(of: "X"))
    #expect(abs(moments.mean - mean) < 1e-6)
    #expect(abs(moments.deviation * moments.deviation - mean) < 1e-5)
    var simulation = Simulation(network, until: 102, points: 2, paths: 1)
    simulation.method = .rateEquations
    #expect(abs(try simulation.run().means[1][0] - mean) < 1e-6)
  }

  @Test func theCVODEMethodAgreesWithTheOthers() throws {
    let equation = try MasterEquation(Networks.telegraph)
    let (a, b) = (try equation.solve(at: [2]), try equation.solve(at: [2], by: .cvode))
    for state in [[1, 0, 0], [0, 1, 3], [1, 0, 12]] {
      let (x, y) = (a.distributions[0], b.distributions[0])
      #expect(abs(x.probability(of: state) - y.probability(of: state)) < 3e-8)
    }
  }

  @Test func otherMethodsSayWhatDoesIt() throws {
    let equation = try MasterEquation(Self.networks[0])
    let sentence =
      "the rate of immigration reads the time: expected --until with --method cvode, "
      + "linear-noise or moment-closure"
    #expect(throws: JumpProcessError.unsupported(sentence)) { try equation.solve(at: [1]) }
    #expect(throws: JumpProcessError.unsupported(sentence)) {
      try equation.solve(at: [1], by: .krylov)
    }
    #expect(throws: JumpProcessError.unsupported(sentence)) {
      try NetworkStates.stationary(of: Self.networks[0])
    }
  }

  @Test func aRateThatTurnsNegativeIsNamed() throws {
    let equation = try MasterEquation(Self.network(1 - .time))
    let error = #expect(throws: JumpProcessError.self) { try equation.solve(at: [3], by: .cvode) }
    guard case .propensity(reaction: "immigration", let value, let time, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(value < 0)
    #expect(time > 1)
  }

  @Test func whatGrowsInTimeStaysOnTheLattice() throws {
    // Death at rate t each, from 4: each lives on with probability exp(−t²/2).
    var network = Networks.immigrationDeath
    network.quantities[0].initial = 4
    network.reactions = [
      .init("death", consumed: [0: 1], produced: [:], rate: .massAction(.time))
    ]
    let solution = try MasterEquation(network).solve(at: [1], by: .cvode)
    let alive = exp(-0.5)
    let moments = try #require(solution.distributions[0].moments(of: "X"))
    #expect(abs(moments.mean - 4 * alive) < 1e-7)
    #expect(abs(solution.distributions[0].probability(of: [4]) - pow(alive, 4)) < 1e-8)
  }
}
