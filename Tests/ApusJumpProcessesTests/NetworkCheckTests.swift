import ApusJumpProcesses
import Testing

/// What a program can write that is no network is told, wherever the network is used.
@Suite struct NetworkCheckTests {
  private func expect(_ text: String, _ change: (inout ReactionNetwork) -> Void) {
    var network = Networks.immigrationDeath
    change(&network)
    let simulated = #expect(throws: JumpProcessError.self) {
      try Simulation(network, until: 1, paths: 2).run()
    }
    #expect(simulated?.description == "immigration-death: \(text)")
    let solved = #expect(throws: JumpProcessError.self) { try MasterEquation(network) }
    #expect(solved == simulated)
  }

  @Test func whatLeadsNowhereIsNamed() {
    expect("a rule refers to quantity 3; there are 1") { $0.rules = [.init(3, 1)] }
    expect("reaction death refers to quantity -1; there are 1") {
      $0.reactions[1].rate = .law(2 * .quantity(-1))
    }
    expect("reaction death refers to quantity 7; there are 1") { $0.reactions[1].produced = [7: 1] }
    expect("event e refers to quantity 2; there are 1") {
      $0.events = [.init("e", when: 1, [.init(2, 0)])]
    }
  }

  @Test func amountsAndArgumentsAreChecked() {
    expect("reaction death takes or makes -2 of a species; expected 0 to 1000000") {
      $0.reactions[1].consumed = [0: -2]
    }
    expect("reaction death gives / 1 arguments, which it does not take") {
      $0.reactions[1].rate = .law(.apply(.divide, [1]))
    }
  }
}
