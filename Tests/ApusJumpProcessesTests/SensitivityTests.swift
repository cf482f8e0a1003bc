import ApusJumpProcesses
import Foundation
import Testing

@Suite struct SensitivityTests {
  /// Immigration `k` and death `d` as parameters.
  private var network: ReactionNetwork {
    var network = Networks.immigrationDeath
    network.quantities += [
      .init("k", .parameter, initial: 10), .init("d", .parameter, initial: 1),
    ]
    network.reactions[0].rate = .massAction(.quantity(1))
    network.reactions[1].rate = .massAction(.quantity(2))
    return network
  }

  @Test func meansFollowTheClosedForm() throws {
    let time = 1.5
    let (_, rows) = try NetworkStates.sensitivities(of: network, by: ["k", "d"], at: time)
    let grown = 1 - exp(-time)
    #expect(rows.map(\.parameter) == ["k", "d"])
    #expect(abs(rows[0].mean - 10 * grown) < 1e-6)
    #expect(abs(rows[0].slope - grown) < 1e-6)
    #expect(abs(rows[1].slope - (-10 * grown + 10 * time * exp(-time))) < 1e-6)
  }

  /// `k (x/K)ⁿ` at nothing: its slopes by `K` and `n` are 0 there though `ln 0` is no number.
  @Test func powersOfNothingHaveSlopes() throws {
    var hill = network
    hill.quantities += [.init("K", .parameter, initial: 5), .init("n", .parameter, initial: 2)]
    func rate(_ k: ModelExpression, _ n: ModelExpression) -> ModelExpression {
      .quantity(1) / (1 + .apply(.power, [.quantity(0) / k, n]))
    }
    hill.reactions[0].rate = .law(rate(.quantity(3), .quantity(4)))
    let (_, rows) = try NetworkStates.sensitivities(of: hill, by: ["K", "n"], at: 1)
    for (row, place) in zip(rows, [3, 4]) {
      func mean(_ shift: Double) throws -> Double {
        var moved = hill
        moved.quantities[place].initial += shift
        return try #require(
          MasterEquation(moved).solve(at: [1]).distributions[0].moments(of: "X")
        ).mean
      }
      #expect(abs(row.slope - (try mean(1e-3) - mean(-1e-3)) / 2e-3) < 1e-5)
    }
  }

  /// Of `-> X @ k` with `k = 0` the state never changes, but its mean would with `k`.
  @Test func aConstantOfZeroHasASlope() throws {
    var still = network
    still.quantities[1].initial = 0
    let (_, rows) = try NetworkStates.sensitivities(of: still, by: ["k"], at: 1)
    #expect(rows[0].mean == 0)
    #expect(abs(rows[0].slope - (1 - exp(-1))) < 1e-6)
  }

  /// Of a Poisson distribution `∂p_n/∂m = p_{n−1} − p_n`.
  @Test func probabilitiesFollowTheClosedForm() throws {
    let states = try NetworkStates(network, bounds: [60])
    let result = try states.generator.sensitivity(
      of: states.initial, slopes: try states.slopes(by: 1), time: 1)
    let grown = 1 - exp(-1.0)
    func poisson(_ count: Int) -> Double {
      let mean = 10 * grown
      return count < 0 ? 0 : exp(Double(count) * log(mean) - mean - lgamma(Double(count) + 1))
    }
    for count in 0..<40 {
      let state = try #require(states.state(of: [count]))
      #expect(abs(result.distribution[state] - poisson(count)) < 1e-12)
      #expect(
        abs(result.derivative[state] - grown * (poisson(count - 1) - poisson(count))) < 1e-9)
    }
  }
}
