import ApusJumpProcesses
import Testing

@Suite struct EventTests {
  private func network(_ events: [ReactionNetwork.Event]) -> ReactionNetwork {
    var network = Networks.immigrationDeath
    network.quantities.append(.init("k", .parameter, initial: 0))
    network.quantities.append(.init("seen", .parameter, initial: 0))
    network.events = events
    return network
  }

  private func run(_ network: ReactionNetwork, until: Double = 10) throws -> Ensemble {
    try Simulation(network, until: until, points: 11, paths: 200).run()
  }

  /// At the time of the event itself what it assigns is there.
  @Test func happensAtItsTime() throws {
    let ensemble = try run(
      network([
        .init("reset", when: .apply(.greaterOrEqual, [.time, 5]), [.init(0, 100), .init(1, 7)])
      ]))
    #expect(ensemble.names == ["X", "k"])
    #expect(ensemble.means[5] == [100, 7])
    #expect(ensemble.deviations[5] == [0, 0])
    #expect(ensemble.means[4][1] == 0)
    #expect(ensemble.means[4][0] < 20)
    #expect(ensemble.means[6][0] < 60)
  }

  /// However many points there are, the last one is at the end.
  @Test(arguments: [(0.7, 7), (3.3, 7), (123.456, 11), (0.1, 7), (1 / 3.0, 101)])
  func happensAtTheEnd(until: Double, points: Int) throws {
    let late = network([
      .init("last", when: .apply(.greaterOrEqual, [.time, .number(until)]), [.init(1, 7)])
    ])
    let ensemble = try Simulation(late, until: until, points: points, paths: 3).run()
    #expect(ensemble.times.last == until)
    #expect(ensemble.means.last?[1] == 7)
  }

  /// The sum of the rates less 10¹⁵ has nothing left of 0.05.
  @Test func slowReactionsHappenAfterFastOnes() throws {
    var network = ReactionNetwork("two speeds")
    network.quantities = [
      .init("A", .species, initial: 1), .init("B", .species, initial: 1),
      .init("k", .parameter, initial: 0),
    ]
    network.reactions = [
      .init("fast", consumed: [0: 1], produced: [:], rate: .massAction(1e15)),
      .init("slow", consumed: [1: 1], produced: [:], rate: .massAction(0.05)),
    ]
    network.events = [.init("late", when: .apply(.greaterOrEqual, [.time, 15]), [.init(2, 1)])]
    let ensemble = try Simulation(network, until: 20, points: 2, paths: 2000).run()
    #expect(ensemble.means[1][0] == 0)
    // e⁻¹, with a standard error of 0.011: the bound is exceeded once in 16,000 seeds.
    #expect(abs(ensemble.means[1][1] - 0.3679) < 0.044)
  }

  @Test func strictComparisonsHappenJustAfter() throws {
    let ensemble = try run(
      network([.init("late", when: .apply(.greater, [.time, 5]), [.init(1, 7)])]))
    #expect(ensemble.means[5][1] == 0)
    #expect(ensemble.means[6][1] == 7)
  }

  @Test func linearComparisonsHappenWhereTheyCross() throws {
    let trigger = ModelExpression.apply(.greaterOrEqual, [2 * .time - 1, 8.5])
    let ensemble = try run(network([.init("cross", when: trigger, [.init(1, 1)])]))
    #expect(ensemble.means[4][1] == 0)
    #expect(ensemble.means[5][1] == 1)
  }

  @Test func delaysKeepTheValuesOfTheTrigger() throws {
    var kept = ReactionNetwork.Event(
      "kept", when: .apply(.greaterOrEqual, [.time, 2]), [.init(1, .time)])
    kept.delay = 3
    var late = kept
    late.assignments = [.init(2, .time)]
    late.takesValuesAtTrigger = false
    let ensemble = try run(network([kept, late]))
    #expect(ensemble.means[4][1] == 0)
    #expect(ensemble.means[5][1] == 2)
    #expect(ensemble.means[5][2] == 5)
  }

  /// An event that does not persist is forgotten where its condition ends before its delay.
  @Test func whatDoesNotPersistIsForgotten() throws {
    let window = ModelExpression.apply(
      .and, [.apply(.greaterOrEqual, [.time, 2]), .apply(.less, [.time, 4])])
    var event = ReactionNetwork.Event("short", when: window, [.init(1, 1)])
    event.delay = 3
    #expect(try run(network([event])).means[10][1] == 1)
    event.isPersistent = false
    #expect(try run(network([event])).means[10][1] == 0)
  }

  /// `sin t > 0.5` begins four times until 20 though nothing moves but the time.
  @Test(arguments: [SimulationMethod.direct, .rateEquations])
  func conditionsThatAreNotLinearAreFollowed(method: SimulationMethod) throws {
    var network = network([
      .init(
        "wave", when: .apply(.greater, [.apply(.sin, [.time]), 0.5]),
        [.init(1, .quantity(1) + 1)])
    ])
    for reactions in [[], network.reactions] {
      network.reactions = reactions
      var simulation = Simulation(network, until: 20, points: 2, paths: 1)
      simulation.method = method
      let ensemble = try simulation.run()
      let place = try #require(ensemble.names.firstIndex(of: "k"))
      #expect(ensemble.means[1][place] == 4)
    }
  }

  /// Of two events of one priority each is first in half of the paths, the same ones for any threads.
  @Test func equalPrioritiesAreDrawn() throws {
    let trigger = ModelExpression.apply(.greaterOrEqual, [.time, 1])
    var network = network(
      (1...2).map { number in
        var event = ReactionNetwork.Event(
          "\(number)", when: trigger, [.init(1, .number(Double(number)))])
        event.priority = 3
        return event
      })
    network.reactions = []
    var simulation = Simulation(network, until: 2, points: 2, paths: 4000)
    simulation.threads = 1
    let one = try simulation.run()
    simulation.threads = 2
    let two = try simulation.run()
    // Four standard errors of a fair coin that shows 1 or 2.
    #expect(abs(one.means[1][1] - 1.5) < 4 * 0.5 / 4000.squareRoot())
    #expect(one.means == two.means)
  }

  /// The size of a concentration's compartment is the one after the event.
  @Test func concentrationsTakeTheNewSize() throws {
    var network = network([])
    let trigger = ModelExpression.apply(.greaterOrEqual, [.time, 1])
    network.quantities[2].initial = 2
    network.events = [
      .init("both", when: trigger, [.init(0, 3, timesSizeOf: 2), .init(2, 4)])
    ]
    network.reactions = []
    #expect(try run(network, until: 2).means[10] == [12, 4])
    // A delay: the size is that of the end, the concentration that of the trigger.
    network.events = [
      .init("late", when: trigger, [.init(0, 1 + .time, timesSizeOf: 2)]),
      .init("grow", when: .apply(.greaterOrEqual, [.time, 1.25]), [.init(2, 5)]),
    ]
    network.events[0].delay = 0.5
    #expect(try run(network, until: 2).means[10] == [10, 5])
  }

  private static let faults: [(ReactionNetwork.Event, String)] = {
    let trigger = ModelExpression.apply(.greaterOrEqual, [.time, 1])
    func event(
      _ value: ModelExpression, to target: Int = 1, delay: ModelExpression? = nil,
      priority: ModelExpression? = nil
    ) -> ReactionNetwork.Event {
      var event = ReactionNetwork.Event("odd", when: trigger, [.init(target, value)])
      (event.delay, event.priority) = (delay, priority)
      return event
    }
    return [
      (event(1, delay: -1), "event odd at time 1.0 has a delay of -1.0; expected at least 0"),
      (event(1, delay: 0 / 0 * .time), "event odd at time 1.0 has a delay of nan"),
      (event(1, priority: 0 / 0 * .time), "event odd at time 1.0 has a priority that is no number"),
      (event(1 / (.time - .time)), "event odd at time 1.0 sets k to inf"),
      (event(5.5, to: 0), "event odd at time 1.0 sets X to 5.5: paths count"),
      (event(1e17, to: 0), "event odd at time 1.0 sets X to 1e+17: paths count"),
      (event(-1, to: 0), "event odd at time 1.0 sets X to -1: paths count"),
    ]
  }()

  @Test(arguments: faults.indices) func whatCannotHappenIsNamed(index: Int) throws {
    let (event, sentence) = Self.faults[index]
    let fault: JumpProcessError?
    do {
      fault = try run(network([event])).fault
    } catch let error as JumpProcessError {
      fault = error
    }
    let text = "\(try #require(fault))"
    #expect(text.replacing("-nan", with: "nan").contains(sentence), "\(text)")
  }

  @Test func prioritiesOrderWhatHappensTogether() throws {
    let trigger = ModelExpression.apply(.greaterOrEqual, [.time, 1])
    var first = ReactionNetwork.Event("first", when: trigger, [.init(1, 2 * .quantity(1) + 1)])
    first.priority = 1
    first.takesValuesAtTrigger = false
    var second = ReactionNetwork.Event("second", when: trigger, [.init(1, .quantity(1) + 10)])
    second.priority = 2
    second.takesValuesAtTrigger = false
    // Second, of the higher priority, then first: 2 · 10 + 1.
    #expect(try run(network([first, second])).means[10][1] == 21)
  }

  @Test func amountsTriggerToo() throws {
    let ensemble = try run(
      network([.init("full", when: .apply(.greater, [.quantity(0), 3]), [.init(0, 0)])]))
    #expect(ensemble.means.allSatisfy { $0[0] <= 3 })
  }

  @Test func rulesFollowTheState() throws {
    var network = network([])
    network.rules = [.init(1, 2 * .quantity(0)), .init(2, .quantity(1) + 1)]
    network.reactions[1].rate = .law(.quantity(1) / 2)
    let ensemble = try run(network)
    #expect(ensemble.names == ["X", "k", "seen"])
    for means in ensemble.means {
      #expect(abs(means[1] - 2 * means[0]) < 1e-9)
      #expect(abs(means[2] - 2 * means[0] - 1) < 1e-9)
    }
    #expect(ensemble.means[10][0] > 8 && ensemble.means[10][0] < 12)
  }

  @Test func eventsWithoutEndAreRefused() throws {
    let zero = ModelExpression.apply(.equal, [.quantity(1), 0])
    let one = ModelExpression.apply(.equal, [.quantity(1), 1])
    var up = ReactionNetwork.Event("up", when: zero, [.init(1, 1)])
    up.startsTrue = false
    let down = ReactionNetwork.Event("down", when: one, [.init(1, 0)])
    let error = #expect(throws: JumpProcessError.self) { try run(network([up, down])) }
    #expect(error == .endlessEvents(time: 0))
  }
}
