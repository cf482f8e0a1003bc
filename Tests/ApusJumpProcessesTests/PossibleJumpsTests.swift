import ApusJumpProcesses
import Testing

/// Rates given as a whole, which do not vanish by themselves where something lacks.
@Suite struct PossibleJumpsTests {
  /// `X -> ∅` at rate 1 whatever there is: `n − X(t)` is a Poisson count stopped at `n`.
  private func drain(_ amount: Double, rate: ModelExpression = 1) -> ReactionNetwork {
    var network = ReactionNetwork("drain")
    network.quantities = [.init("X", .species, initial: amount)]
    network.reactions = [.init("loss", consumed: [0: 1], produced: [:], rate: .law(rate))]
    return network
  }

  private let exact = [0.080301397071394, 0.183939720585721, 0.367879441171442, 0.367879441171442]

  @Test func nothingIsTakenWhereNothingIs() throws {
    let equation = try MasterEquation(drain(3))
    var found = [try equation.solve(at: [1])]
    for method in PropagationMethod.allCases {
      found.append(try equation.solve(at: [1], by: method))
    }
    for solution in found {
      let marginal = try #require(solution.distributions[0].marginal(of: "X"))
      #expect(zip(marginal, exact).allSatisfy { abs($0 - $1) < 1e-7 })
      #expect(solution.lost <= 1e-8)
    }
  }

  @Test(arguments: SimulationMethod.allCases.filter { $0 != .rateEquations && $0 != .langevin })
  func pathsStopAtZero(method: SimulationMethod) throws {
    var simulation = Simulation(drain(3), until: 1, points: 2, paths: 4000)
    simulation.method = method
    simulation.histograms = ["X"]
    let values = try simulation.run().lastValues[0]
    for (amount, probability) in exact.enumerated() {
      let share = Double(values.count { $0 == Double(amount) }) / 4000
      #expect(abs(share - probability) < 0.04)
    }
    #expect(values.allSatisfy { $0 >= 0 })
  }

  @Test func lawsThatVanishStayAsTheyAre() {
    let network = drain(3, rate: 2 * .quantity(0))
    #expect(network.withPossibleJumps.reactions == network.reactions)
    #expect(drain(3).withPossibleJumps.reactions != drain(3).reactions)
  }

  @Test(arguments: [-1.0, .infinity, .nan])
  func aRateThatIsNoneIsNamed(value: Double) throws {
    let equation = try MasterEquation(drain(5, rate: .number(value)))
    let error = #expect(throws: JumpProcessError.self) { try equation.solve(at: [1]) }
    #expect(error?.description.contains("where X = 5") == true)
  }

  /// At X = 2 the rate is negative; before that what was solved stays.
  @Test func theStateOfABadRateIsNamed() throws {
    let rate = ModelExpression.apply(.piecewise, [-1, .apply(.less, [.quantity(0), 3]), 1])
    let error = #expect(throws: JumpProcessError.self) {
      try MasterEquation(drain(5, rate: rate)).solve(at: [1])
    }
    guard case .propensity(_, let value, let time, let state) = error else {
      Issue.record("not the error of a propensity: \(String(describing: error))")
      return
    }
    #expect(value == -1 && time <= 1 && state == "X = 2")
  }
}
