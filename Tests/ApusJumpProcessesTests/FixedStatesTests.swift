import ApusJumpProcesses
import CJumpProcesses
import Foundation
import Testing

/// The master equation on states that do not move: on a whole grid and by Krylov spaces.
@Suite struct FixedStatesTests {
  /// Σ |computed − Poisson| over a range that holds all but 10⁻¹⁴ of the probability.
  private func error(_ marginal: [Double], poissonOf mean: Double) -> Double {
    (0..<max(marginal.count, 100)).reduce(0) { sum, count in
      let exact = exp(Double(count) * log(mean) - mean - lgamma(Double(count) + 1))
      return sum + abs((count < marginal.count ? marginal[count] : 0) - exact)
    }
  }

  @Test(arguments: PropagationMethod.allCases, [1e-4, 1e-8, 1e-11])
  func immigrationAndDeathArePoisson(method: PropagationMethod, tolerance: Double) throws {
    for network in [Networks.immigrationDeath, Networks.immigrationDeathByLaw] {
      var equation = try MasterEquation(network)
      equation.tolerance = tolerance
      let solution = try equation.solve(at: [0, 0.1, 1, 5], by: method)
      #expect(solution.lost <= tolerance)
      #expect(solution.isCertified == (method == .uniformization))
      for (time, distribution) in zip(solution.times, solution.distributions).dropFirst() {
        let marginal = try #require(distribution.marginal(of: "X"))
        // The bound holds for what is missing; rounding adds about 10⁻¹³.
        let bound = method == .uniformization ? 1 - distribution.total : tolerance
        #expect(error(marginal, poissonOf: 10 * (1 - exp(-time))) <= bound + 2e-13)
      }
    }
  }

  @Test(arguments: PropagationMethod.allCases) func ehrenfestIsBinomial(
    method: PropagationMethod
  ) throws {
    let solution = try MasterEquation(Networks.ehrenfest).solve(
      at: [0.3], by: method, bounds: [41, 41])
    let share = (1 + exp(-0.6)) / 2
    let marginal = try #require(solution.distributions[0].marginal(of: "left"))
    for count in 0...40 {
      let ways = lgamma(41) - lgamma(Double(count) + 1) - lgamma(Double(40 - count) + 1)
      let exact = exp(ways + Double(count) * log(share) + Double(40 - count) * log(1 - share))
      #expect(abs(marginal[count] - exact) < 1e-8)
    }
  }

  @Test func everyInstructionSetGivesTheSame() throws {
    for set in 0..<apus_jump_isa_count() {
      #expect(apus_jump_isa_select(Int32(set)))
      defer { _ = apus_jump_isa_select(-1) }
      let solution = try MasterEquation(Networks.immigrationDeath)
        .solve(at: [2], by: .uniformization)
      let marginal = try #require(solution.distributions[0].marginal(of: "X"))
      #expect(error(marginal, poissonOf: 10 * (1 - exp(-2))) < 1e-8)
    }
  }

  /// Methods and the adaptive support agree on a network of three species.
  @Test func methodsAgree() throws {
    let equation = try MasterEquation(Networks.telegraph)
    let adaptive = try equation.solve(at: [3]).distributions[0]
    for method in PropagationMethod.allCases {
      let other = try equation.solve(at: [3], by: method).distributions[0]
      for messengers in 0..<40 {
        for state in [[1, 0, messengers], [0, 1, messengers]] {
          #expect(abs(adaptive.probability(of: state) - other.probability(of: state)) < 2e-8)
        }
      }
    }
  }

  @Test func aGridThatIsTooSmallIsRefused() throws {
    let equation = try MasterEquation(Networks.immigrationDeath)
    let error = #expect(throws: JumpProcessError.self) {
      try equation.solve(at: [5], by: .uniformization, bounds: [12])
    }
    guard case .tolerance(1e-8, let reached, 5) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reached > 0.01)
    #expect(
      throws: JumpProcessError.setting(
        "--grid: expected one number or 1, one for each species that changes, got 2")
    ) { try equation.solve(at: [5], by: .krylov, bounds: [12, 12]) }
  }
}
