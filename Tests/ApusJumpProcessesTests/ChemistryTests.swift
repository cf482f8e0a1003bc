import ApusJumpProcesses
import Testing

/// Networks that are written down in Swift.
@Suite struct ChemistryTests {
  @Test func readsLikeChemistry() throws {
    let (a, b, c) = (Species("A", initial: 5), Species("B", initial: 7), Species("C"))
    let network = try ReactionNetwork("binding") {
      a + 2 * b --> c | .parameter("bind", 0.5)
      c --> a + 2 * b | 0.25
      Nothing() --> a | Law(.parameter("feed", 3) / (1 + c.amount))
      for species in [a, b] { species --> Nothing() | 0.125 }
    }
    #expect(network.quantities.map(\.name) == ["A", "B", "C", "bind", "feed"])
    #expect(network.quantities.map(\.initial) == [5, 7, 0, 0.5, 3])
    #expect(
      network.reactions.map(\.name) == [
        "A + 2 B -> C", "C -> A + 2 B", " -> A", "A -> ", "B -> ",
      ])
    #expect(network.reactions[0].consumed == [0: 1, 1: 2])
    #expect(network.reactions[0].rate == .massAction(.quantity(3)))
    #expect(network.reactions[2].rate == .law(.quantity(4) / (1 + .quantity(2))))
    #expect(network.reactions[4].produced.isEmpty)
  }

  @Test func birthsAndDeathsAreANetwork() throws {
    let x = Species("X")
    let network = try ReactionNetwork.birthDeath(x, births: 10, deaths: 1 * x.amount)
    let solution = try MasterEquation(network).solve(at: [2])
    let known = try MasterEquation(Networks.immigrationDeath).solve(at: [2])
    for count in 0..<30 {
      #expect(
        abs(
          solution.distributions[0].probability(of: [count])
            - known.distributions[0].probability(of: [count])) < 2e-8)
    }
  }

  @Test func oneNameIsOneThing() {
    #expect(throws: JumpProcessError.self) {
      try ReactionNetwork("twice") {
        Species("A", initial: 1) --> Nothing() | 1
        Species("A", initial: 2) --> Nothing() | 1
      }
    }
  }
}
