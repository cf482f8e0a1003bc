import ApusJumpProcesses
import Testing

/// Networks written as chemistry in Swift.
@Suite struct ChemistryTests {
  @Test func aBlockIsTheNetworkItSays() throws {
    let prey = Term.species("prey", 1000)
    let predator = Term.species("predator", 900)
    let k = Term.parameter("k", 0.01)
    let network = try ReactionNetwork("hunt") {
      Reaction(prey --> 2 * prey, at: 10, named: "births")
      Reaction(prey + predator --> predator * 2, at: k)
      for loss in [predator] { Reaction(loss --> 0, law: 10 * loss / (1 + prey)) }
      Rule(.parameter("all", 0), equals: prey + predator)
      RateRule(.parameter("grass", 50), gains: 1 - k)
      Event("plague", when: .time >= 2, set: (prey, to: prey / 2), (k, to: 0.02))
    }
    #expect(network.quantities.map(\.name) == ["prey", "predator", "k", "all", "grass"])
    #expect(network.quantities.map(\.initial) == [1000, 900, 0.01, 0, 50])
    #expect(
      network.quantities.map(\.kind) == [.species, .species, .parameter, .parameter, .parameter])
    #expect(network.reactions.map(\.name) == ["births", "2", "3"])
    #expect(network.reactions.map(\.consumed) == [[0: 1], [0: 1, 1: 1], [1: 1]])
    #expect(network.reactions.map(\.produced) == [[0: 2], [1: 2], [:]])
    #expect(network.reactions[1].rate == .massAction(.quantity(2)))
    #expect(network.reactions[2].rate == .law(10 * .quantity(1) / (1 + .quantity(0))))
    #expect(network.rules == [.init(3, .quantity(0) + .quantity(1))])
    #expect(network.rateRules == [.init(4, 1 - .quantity(2))])
    #expect(network.events.first?.assignments == [.init(0, .quantity(0) / 2), .init(2, 0.02)])
    #expect(network.events.first?.trigger == .apply(.greaterOrEqual, [.time, 2]))
  }

  /// An event with all it may have, in a compartment.
  @Test func eventsMayWaitAndBeUndone() throws {
    let volume = Term.compartment("cell", 2)
    let drug = Term.species("drug", 8)
    let alarm = Term.parameter("alarm", 0)
    let network = try ReactionNetwork("clinic") {
      Reaction(drug --> 0, at: 0.5 / volume)
      Event(
        "fire", when: drug > 5 && !(.time <= 1) || -drug > 0, after: 2, priority: 3,
        unlessUndone: true, set: (alarm, to: 1))
    }
    #expect(network.quantities.map(\.kind) == [.species, .compartment, .parameter])
    let event = try #require(network.events.first)
    #expect(event.delay == 2 && event.priority == 3 && !event.isPersistent)
    let early = ReactionNetwork.Event("plain", when: .time, [])
    #expect(early.isPersistent && early.delay == nil && early.priority == nil)
    let condition = ModelExpression.apply(
      .or,
      [
        .apply(
          .and,
          [.apply(.greater, [.quantity(0), 5]), .apply(.not, [.apply(.lessOrEqual, [.time, 1])])]),
        .apply(.greater, [.apply(.negate, [.quantity(0)]), 0]),
      ])
    #expect(event.trigger == condition)
    let ensemble = try Simulation(network, until: 4, points: 3, paths: 40).run()
    // The drug halves in 2.8: some paths are above 5 from 1 to 3, and some are not.
    #expect(ensemble.fault == nil)
    let alarms = try #require(ensemble.names.firstIndex(of: "alarm"))
    #expect(0.05...0.95 ~= ensemble.means[2][alarms])
  }

  /// M/M/1 with load ½: after long the number is geometric with mean 1.
  @Test func birthsAndDeathsAreAQueue() throws {
    let queue = try ReactionNetwork.birthDeath("queue") { n in
      (birth: 0.5, death: .apply(.min, [n, 1]))
    }
    let solution = try MasterEquation(queue).solve(at: [400])
    let moments = try #require(solution.distributions.last?.moments(of: "n"))
    #expect(abs(moments.mean - 1) < 1e-6)
    #expect(abs(moments.deviation - 2.0.squareRoot()) < 1e-6)
  }

  @Test func whatIsNoNetworkIsNamed() {
    let x = Term.species("X", 1)
    func expect(_ text: String, @NetworkBuilder _ parts: () -> [any NetworkPart]) {
      let error = #expect(throws: JumpProcessError.self) { try ReactionNetwork("n", parts) }
      #expect(error?.description == text)
    }
    expect("n: X is two quantities, or begins at two values") {
      Reaction(x --> .species("X", 2), at: 1)
    }
    let sides =
      "n: reaction 1 takes or makes something else than a sum of species, each times a whole number"
    expect(sides) { Reaction(x --> x * x, at: 1) }
    expect(sides) { Reaction(1.5 * x --> 0, at: 1) }
    expect(sides) { Reaction(.parameter("k", 1) --> x, at: 1) }
    expect("n: reaction 1 takes or makes -1 of a species; expected 0 to 1000000") {
      Reaction(-1 * x --> 0, at: 1)
    }
    expect("n: a rule or an event sets something else than one quantity") {
      Rule(x + x, equals: 2)
    }
    expect("n: reaction 1 gives ln 2 arguments, which it does not take") {
      Reaction(x --> 0, law: .apply(.ln, [x, x]))
    }
  }
}
