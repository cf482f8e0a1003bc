import ApusJumpProcesses
import CJumpProcesses
import Foundation
import Testing

@Suite struct MasterEquationTests {
  private func poisson(_ count: Int, mean: Double) -> Double {
    exp(Double(count) * log(mean) - mean - lgamma(Double(count) + 1))
  }

  /// Σ |computed − exact| over a range that holds all but 10⁻¹⁴ of the probability.
  private func error(_ marginal: [Double], _ exact: (Int) -> Double) -> Double {
    (0..<max(marginal.count, 200)).reduce(0) { sum, count in
      sum + abs((count < marginal.count ? marginal[count] : 0) - exact(count))
    }
  }

  @Test(arguments: [1e-4, 1e-8, 1e-11])
  func immigrationAndDeathArePoisson(tolerance: Double) throws {
    var equation = try MasterEquation(Networks.immigrationDeath)
    equation.tolerance = tolerance
    let solution = try equation.solve(at: [0, 0.1, 1, 5, 30])
    #expect(solution.lost <= tolerance)
    for (time, distribution) in zip(solution.times, solution.distributions).dropFirst() {
      let mean = 10 * (1 - exp(-time))
      let marginal = try #require(distribution.marginal(of: "X"))
      let error = error(marginal) { poisson($0, mean: mean) }
      // The bound holds for what is missing; rounding adds about 10⁻¹³.
      #expect(error <= 1 - distribution.total + 2e-13)
      #expect(1 - distribution.total <= tolerance)
    }
    #expect(solution.distributions[0].probability(of: [0]) == 1)
  }

  @Test func everyInstructionSetGivesTheSame() throws {
    for set in 0..<apus_jump_isa_count() {
      #expect(apus_jump_isa_select(Int32(set)))
      defer { _ = apus_jump_isa_select(-1) }
      let solution = try MasterEquation(Networks.immigrationDeath).solve(at: [2])
      let marginal = try #require(solution.distributions[0].marginal(of: "X"))
      #expect(error(marginal) { poisson($0, mean: 10 * (1 - exp(-2))) } < 1e-8)
    }
  }

  @Test func ehrenfestIsBinomial() throws {
    let solution = try MasterEquation(Networks.ehrenfest).solve(at: [0.3])
    let share = (1 + exp(-0.6)) / 2
    let marginal = try #require(solution.distributions[0].marginal(of: "left"))
    let error = error(marginal) { count in
      guard count <= 40 else { return 0 }
      let ways = lgamma(41) - lgamma(Double(count) + 1) - lgamma(Double(40 - count) + 1)
      return exp(ways + Double(count) * log(share) + Double(40 - count) * log(1 - share))
    }
    #expect(error < 1e-8)
    #expect(solution.distributions[0].species == ["left", "right"])
    let place = solution.distributions[0].probability(of: [40, 0])
    #expect(abs(place - pow(share, 40)) < 1e-8)
  }

  @Test func yuleIsGeometric() throws {
    let solution = try MasterEquation(Networks.yule(from: 1)).solve(at: [4])
    let success = exp(-0.3 * 4)
    let marginal = try #require(solution.distributions[0].marginal(of: "N"))
    #expect(
      error(marginal) { $0 == 0 ? 0 : success * pow(1 - success, Double($0 - 1)) } < 1e-8)
  }

  /// The moments of the two-state model in its steady state.
  ///
  /// Reference: Peccoud, Ycart (1995), "Markovian modelling of gene product synthesis", Theor.
  /// Popul. Biol. 48.
  @Test func telegraphHasItsMoments() throws {
    let solution = try MasterEquation(Networks.telegraph).solve(at: [60])
    let moments = try #require(solution.distributions[0].moments(of: "mRNA"))
    let (open, close, make) = (0.5, 1.0, 20.0)
    let mean = make * open / (open + close)
    let variance =
      mean + make * make * open * close / ((open + close) * (open + close) * (open + close + 1))
    #expect(abs(moments.mean - mean) < 1e-6 * mean)
    #expect(abs(moments.deviation * moments.deviation - variance) < 1e-6 * variance)
    let on = try #require(solution.distributions[0].marginal(of: "on"))
    #expect(abs(on[1] - 1 / 3) < 1e-8)
  }

  /// `P(reached 0 by t)` of a walk from 3, absorbed at 0, that steps up and down at rate 1 each:
  /// the first passage has density `(3/t)·exp(−2t)·I₃(2t)`.
  @Test func aWalkReachesZeroAsItShould() throws {
    var network = ReactionNetwork("walk")
    network.quantities = [.init("X", .species, initial: 3)]
    let isAlive = ModelExpression.apply(.greater, [.quantity(0), 0])
    network.reactions = [
      .init("up", consumed: [:], produced: [0: 1], rate: .law(isAlive)),
      .init("down", consumed: [0: 1], produced: [:], rate: .law(isAlive)),
    ]
    let solution = try MasterEquation(network).solve(at: [5])
    // I₃ by its series, the integral by Simpson's rule.
    func bessel(_ x: Double) -> Double {
      (0..<60).reduce(0) { sum, k in
        let (n, logHalf) = (Double(k), log(x / 2))
        return sum + exp((2 * n + 3) * logHalf - lgamma(n + 1) - lgamma(n + 4))
      }
    }
    func density(_ time: Double) -> Double {
      time == 0 ? 0 : 3 / time * exp(-2 * time) * bessel(2 * time)
    }
    let steps = 2000
    let integral = (0...steps).reduce(0) { sum, index in
      let weight = index == 0 || index == steps ? 1.0 : index % 2 == 1 ? 4 : 2
      return sum + weight * density(5 * Double(index) / Double(steps))
    }
    let reached = integral * 5 / Double(steps) / 3
    #expect(abs(solution.distributions[0].probability(of: [0]) - reached) < 2e-8)
  }

  /// Growth without end stops with what there was before.
  @Test func statesBeyondTheLimitEndTheSolution() throws {
    var equation = try MasterEquation(Networks.yule(from: 1))
    equation.stateLimit = 100
    let solution = try equation.solve(at: [1, 30])
    guard case .stateLimit(100, let time, _) = solution.fault else {
      Issue.record("\(String(describing: solution.fault))")
      return
    }
    #expect(time > 1 && time < 30)
    #expect(solution.times == [1, time])
    let moments = try #require(solution.distributions[1].moments(of: "N"))
    #expect(abs(moments.mean - exp(0.3 * time)) < 1e-6)
  }

  @Test func cancellingKeepsWhatWasSolved() throws {
    var steps = 0
    let solution = try MasterEquation(Networks.yule(from: 1)).solve(
      at: [1, 9],
      isCancelled: {
        steps += 1
        return steps > 3
      })
    guard case .cancelled(let time) = solution.fault else {
      Issue.record("\(String(describing: solution.fault))")
      return
    }
    #expect(solution.times.last == time && time < 9)
  }

  /// Memory does not grow with amounts that stay.
  @Test func largeAmountsAreSolved() throws {
    var network = Networks.immigrationDeath
    network.quantities[0].initial = 900_000_000
    let solution = try MasterEquation(network).solve(at: [1e-9])
    let moments = try #require(solution.distributions[0].moments(of: "X"))
    #expect(abs(moments.mean - 9e8 * exp(-1e-9)) < 1e-6)
    #expect(solution.largestSet < 1000)
  }

  @Test func eventsAreRefused() throws {
    var network = Networks.immigrationDeath
    network.events = [.init("reset", when: .apply(.greater, [.time, 1]), [.init(0, 0)])]
    #expect(throws: JumpProcessError.self) { try MasterEquation(network) }
  }

  @Test func aRateThatIsNoneIsNamed() throws {
    var network = Networks.immigrationDeath
    network.reactions[0].rate = .law(3 - .quantity(0))
    network.reactions[0].produced = [0: 2]
    let equation = try MasterEquation(network)
    let error = #expect(throws: JumpProcessError.self) { try equation.solve(at: [10]) }
    guard case .propensity(reaction: "immigration", value: -1, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// Hopping a hundred orders of magnitude faster than the time asked for ends with a sentence.
  @Test func ratesThatAreTooFastAreTold() throws {
    let x = Term.species("X", 1)
    let y = Term.species("Y")
    let network = try ReactionNetwork("hops") {
      Reaction(x --> y, at: 1e100)
      Reaction(y --> x, at: 1e100)
    }
    let solution = try MasterEquation(network).solve(at: [1])
    #expect(solution.fault?.description.contains("too fast for the time asked for") == true)
  }

  @Test(arguments: [1e14, 1e300])
  func fixedStatesRefuseRatesThatAreTooFast(rate: Double) throws {
    var network = Networks.immigrationDeath
    network.reactions[1].rate = .massAction(.number(rate))
    network.reactions[0].rate = .massAction(.number(rate))
    let equation = try MasterEquation(network)
    for method in [PropagationMethod.uniformization, .krylov] {
      #expect(throws: JumpProcessError.self) { try equation.solve(at: [1e6], by: method) }
    }
    #expect(throws: JumpProcessError.self) {
      try NetworkStates.stationary(of: network).states.generator.propagator(time: 1e9)
    }
  }

  /// Twenty species of which one token visits each: few states in a huge box.
  @Test(arguments: [PropagationMethod.krylov, .cvode])
  func fewStatesOfManySpeciesAreSolved(method: PropagationMethod) throws {
    var network = ReactionNetwork("ring")
    network.quantities = (0..<20).map { .init("X\($0)", .species, initial: $0 == 0 ? 1 : 0) }
    network.reactions = (0..<20).map {
      .init("\($0)", consumed: [$0: 1], produced: [($0 + 1) % 20: 1], rate: .massAction(1))
    }
    let solution = try MasterEquation(network).solve(at: [2], by: method)
    #expect(solution.largestSet == 20)
    let moments = try #require(solution.distributions[0].moments(of: "X0"))
    #expect(abs(moments.mean - exp(-2)) < 1e-6)
  }
}
