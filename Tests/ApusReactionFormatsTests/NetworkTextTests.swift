import ApusJumpProcesses
import ApusReactionFormats
import Testing

@Suite struct NetworkTextTests {
  private func read(_ text: String) throws -> ReactionNetwork {
    try NetworkText.read(text, file: "model.txt", name: "model")
  }

  @Test func readsChemistry() throws {
    let network = try read(
      """
      # two monomers
      k = 2 * 0.5   # a constant
      A = 3
      A + B <-> C @ k, 2
      2 C -> @ 1e-1
      -> B @@ k / (1 + C ^ 2)
      twice := 2 * C
      when time >= 5 && A > 0: A = 1, k = 3
      """)
    #expect(network.quantities.map(\.name) == ["k", "A", "B", "C", "twice"])
    #expect(
      network.quantities.map(\.kind) == [.parameter, .species, .species, .species, .parameter])
    #expect(network.quantities.map(\.initial) == [1, 3, 0, 0, 0])
    #expect(network.reactions.map(\.consumed) == [[1: 1, 2: 1], [3: 1], [3: 2], [:]])
    #expect(network.reactions.map(\.produced) == [[3: 1], [1: 1, 2: 1], [:], [2: 1]])
    #expect(network.reactions[0].rate == .massAction(.quantity(0)))
    let square = ModelExpression.apply(.power, [.quantity(3), 2])
    #expect(network.reactions[3].rate == .law(.quantity(0) / (1 + square)))
    #expect(network.rules == [.init(4, 2 * .quantity(3))])
    #expect(network.events[0].assignments == [.init(1, 1), .init(0, 3)])
  }

  /// Lines end as on any system, and a file may begin with a byte order mark.
  @Test(arguments: ["\n", "\r\n", "\r"]) func linesEndInAnyWay(_ end: String) throws {
    let lines = ["# a comment", "k = 0.5", "", "A = 7", "A -> B @ k", "when time >= 1: A = 2"]
    let network = try read("\u{FEFF}" + lines.joined(separator: end) + end)
    #expect(network.quantities.map(\.initial) == [0.5, 7, 0])
    #expect(network.reactions.map(\.name) == ["the reaction of line 5"])
    #expect(network.events.count == 1)
  }

  @Test func ratesOfChangeAreRead() throws {
    let network = try read("v = 3\nv' = 2 - v\n-> A @@ v")
    #expect(network.rateRules == [.init(0, 2 - .quantity(0))])
    var simulation = Simulation(network, until: 1, points: 2)
    simulation.method = .rateEquations
    let last = try #require(try simulation.run().means.last)
    #expect(abs(last[0] - (2 + 1 / 2.718281828459045)) < 1e-6)
  }

  @Test(arguments: [
    ("v' = 1\n-> A @ 1", "v has no value at time zero yet; write `v = …` on an earlier line"),
    ("A' = 1\n-> A @ 1", "A is changed by reactions"),
    ("v = 1\nv' = 1\nv' = 2\n-> A @ 1", "v has two rules"),
    (
      "a := 2 * A\nwhen time > 1: a = 1\n-> A @ 1",
      "model: event of line 2 assigns to a, which a rule sets"
    ),
  ])
  func rulesThatContradictAreRefused(text: String, message: String) {
    let fault = #expect(throws: NetworkFault.self) { try read(text) }
    #expect(fault?.message == message)
  }

  /// Long formulas are wide, not deep; deep ones, and rules that double each other, end at a limit.
  @Test func largeFormulasAreReadOrRefused() throws {
    let sum = Array(repeating: "A", count: 20_000).joined(separator: "+")
    let wide = try read("-> A @@ \(sum)")
    #expect(try Simulation(wide, until: 1, points: 2).run().means.last == [0])
    let turns = Array(repeating: "A-A", count: 5000).joined(separator: "+")
    let deep = #expect(throws: NetworkFault.self) { try read("-> A @@ \(turns)") }
    #expect(deep?.message.hasPrefix("expected at most 300 changes") == true)
    var doubling = "-> A @ 1\nr0 := A\n"
    for rule in 1...40 { doubling += "r\(rule) := r\(rule - 1) + r\(rule - 1)\n" }
    let bomb = #expect(throws: NetworkFault.self) { try read(doubling) }
    #expect(bomb?.message.contains("with the rules that it reads put in") == true)
    var chain = "-> A @ 1\nr0 := A\n"
    for rule in 1...5000 { chain += "r\(rule) := 1 + r\(rule - 1)\n" }
    #expect(throws: NetworkFault.self) { try read(chain) }
  }

  @Test func valuesMayComeBehindReactions() throws {
    let network = try read("A -> B @ k\nB = 2\nk = 0.5\nA = 7")
    #expect(network.quantities.map(\.name) == ["A", "B", "k"])
    #expect(network.quantities.map(\.initial) == [7, 2, 0.5])
  }

  @Test(arguments: [
    (
      "A -> B @ q", 1, 10,
      "q is neither a species nor given a value; write `q = …` on a line of its own"
    ),
    ("A -> B", 1, 7, "expected '@' or '@@' and a rate, got the end of the line"),
    ("A => B @ 1", 1, 3, "expected '->', got '=>'"),
    ("A -> B @ 1 1", 1, 12, "expected the end of the line, got 1.0"),
    ("\nA -> B @ (1", 2, 12, "expected ')', got the end of the line"),
    (
      "A -> B @ 2 * A", 1, 10,
      "a constant of mass action may not read the amount of A; write `@@` where the formula is the "
        + "whole rate"
    ),
    ("A = 1.5\nA -> @ 1", 1, 5, "A is a species: expected a whole number of at least 0, got 1.5"),
    ("k = j\nj = 1\n-> A @ k", 1, 5, "j has no value yet; give it one on an earlier line"),
    (
      "A = 10\ntot := A + 5\nB = tot\nA -> B @ 1", 3, 5,
      "tot is given by a rule and has no number of its own; expected its formula here"
    ),
    ("A -> time @ 0", 1, 6, "time is the time itself"),
    ("k = 1\nk = 2\n-> A @ k", 2, 1, "k has a value already"),
    ("k := A\n-> A @ 1\nk = 2", 3, 1, "k has a value already"),
    ("k = 1/0\n-> A @ k", 1, 5, "expected a finite number for k"),
    ("-> A @ 1e999", 1, 8, "expected a finite number, got '1e999'"),
    ("-> A @ sine(1)", 1, 8, "there is no function sine"),
    ("-> A @ exp(1, 2)", 1, 8, "exp takes another number of arguments than 2"),
    ("1.5 A -> @ 1", 1, 1, "expected a whole number from 0 to 1000, got 1.5"),
    ("-> A ? 1", 1, 6, "expected a name, a number or a sign of the format, got '?'"),
    ("A <-> B @ 1", 1, 12, "expected ',' and the rate back, got the end of the line"),
    ("when time > 1: q = 2\n-> A @ 1", 1, 16, "there is no q"),
  ])
  func saysWhereItStopped(text: String, line: Int, column: Int, message: String) {
    let fault = #expect(throws: NetworkFault.self) { try read(text) }
    #expect(fault?.place == .init(line: line, column: column))
    #expect(fault?.message == message)
  }

  @Test func rulesThatReadEachOtherAreRefused() {
    let fault = #expect(throws: NetworkFault.self) {
      try read("a := b + 1\nb := a\n-> X @ 1")
    }
    #expect(fault?.message == "the rules (`:=`) read each other in a circle: a reads b reads a")
  }

  @Test func deepParenthesesAreRefused() {
    let deep = String(repeating: "(", count: 5000)
    #expect(throws: NetworkFault.self) { try read("-> A @ \(deep)") }
    #expect(throws: NetworkFault.self) {
      try read("-> A @ \(String(repeating: "-", count: 5000))1")
    }
  }

  /// Bytes changed at random are read or refused; nothing else happens.
  @Test func damagedTextIsReadOrRefused() {
    var state: UInt64 = 9
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for model in BuiltInModels.all {
      for _ in 0..<60 {
        var bytes = Array(model.text.utf8)
        for _ in 0..<3 { bytes[random(bytes.count)] = UInt8(random(128)) }
        _ = try? read(String(decoding: bytes, as: UTF8.self))
      }
    }
  }

  /// So that every model can be fitted and its sensitivities asked for.
  @Test(arguments: BuiltInModels.all.map(\.name)) func rateConstantsHaveNames(name: String) throws {
    let network = try #require(BuiltInModels.model(name)).network()
    for reaction in network.reactions {
      let formula =
        switch reaction.rate {
        case .massAction(let formula), .law(let formula): formula
        }
      #expect(formula.quantities.contains { network.quantities[$0].kind == .parameter })
    }
  }

  @Test(arguments: BuiltInModels.all.map(\.name)) func everyBuiltInModelRuns(name: String) throws {
    let network = try ModelFile.open(name)
    var simulation = Simulation(network, until: 1, points: 3, paths: 4)
    simulation.eventLimit = 1_000_000
    let ensemble = try simulation.run()
    #expect(ensemble.paths == 4)
    // One that begins with little may have no event in so short a time.
    #expect(ensemble.events > 0 || ["yule", "telegraph", "gene-expression"].contains(name))
  }

  @Test func whatIsNoModelIsRefused() {
    let fault = #expect(throws: NetworkFault.self) { try ModelFile.open("nowhere") }
    #expect(fault?.description.contains("apus simulate --list") == true)
  }
}
