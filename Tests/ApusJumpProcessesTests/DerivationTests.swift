import ApusJumpProcesses
import Foundation
import Testing

@Suite struct DerivationTests {
  @Test func everyStepHolds() throws {
    let derivation = try Derivation(Networks.immigrationDeath, until: 1)
    #expect(derivation.chapmanKolmogorov < 1e-12)
    // The remainder of the first order term: half of τ W².
    #expect(abs(derivation.order - 1) < 1e-3)
    #expect(derivation.propagation < 1e-10)
    for moment in derivation.moments {
      #expect(abs(moment.fromPropagator - moment.fromRates) < 1e-4 * abs(moment.fromRates))
    }
    #expect(derivation.limit.map(\.size) == [1, 2, 4, 8])
    for (a, b) in zip(derivation.limit, derivation.limit.dropFirst()) {
      #expect(b.distance < a.distance / 1.25)
    }
    #expect(try #require(derivation.balance).imbalance < 1e-10)
  }

  /// The diffusion begins where the network begins, though nothing is left there at the end.
  @Test func networksMayLeaveTheirStartFarBehind() throws {
    var network = Networks.immigrationDeath
    network.quantities[0].initial = 40
    network.reactions[0].rate = .massAction(0)
    network.reactions[1].rate = .massAction(0.5)
    let derivation = try Derivation(network, until: 12)
    #expect(derivation.limit.map(\.size) == [1, 2, 4, 8])
    #expect(derivation.limit.allSatisfy { $0.distance < 0.5 })
  }

  /// The mean and the second moment of all jumps of immigration 10 and death 1 at 6: 4 and 16.
  @Test func momentsAreThoseOfTheRates() throws {
    let derivation = try Derivation(Networks.immigrationDeath, until: 1)
    // The mean at time 1 is 6.32.
    #expect(derivation.moments.map(\.fromRates) == [4, 16, 4])
  }

  @Test func whereNothingHappensThereIsNothingToShow() throws {
    var network = Networks.immigrationDeath
    network.reactions[0].rate = .massAction(0)
    let error = #expect(throws: JumpProcessError.self) { try Derivation(network, until: 1) }
    #expect(error?.description.contains("nothing can happen at the start") == true)
  }

  @Test func whatCannotBeShownSaysWhy() throws {
    let derivation = try Derivation(Networks.ehrenfest, until: 0.5)
    #expect(derivation.limit.isEmpty)
    #expect(derivation.limitReason?.contains("2 species change") == true)
    #expect(try #require(derivation.balance).imbalance < 1e-10)
    let error = #expect(throws: JumpProcessError.self) {
      try Derivation(Networks.yule(from: 1), until: 60)
    }
    #expect(error?.description.contains("whole matrices of at most 600 states") == true)
  }
}

@Suite struct DenseMatrixTests {
  /// `exp` of a turn's generator is the turn.
  @Test(arguments: [0.1, 1, 10]) func theExponentialTurns(angle: Double) {
    let turn = DenseMatrix(rows: 2, columns: 2, values: [0, -angle, angle, 0]).exponential
    #expect(abs(turn[0, 0] - cos(angle)) < 1e-13 * max(1, angle))
    #expect(abs(turn[1, 0] - sin(angle)) < 1e-13 * max(1, angle))
  }

  @Test func solvingUndoesTheProduct() throws {
    let a = DenseMatrix(rows: 3, columns: 3, values: [0, 2, 1, 1, 1, 0, 3, 0, 1])
    let x = DenseMatrix(rows: 3, columns: 1, values: [1, -2, 3])
    let solution = try #require(a.solve(a * x))
    for index in 0..<3 { #expect(abs(solution[index, 0] - x[index, 0]) < 1e-14) }
    #expect(DenseMatrix(rows: 2, columns: 2, values: [1, 2, 2, 4]).solve(.identity(2)) == nil)
  }
}
