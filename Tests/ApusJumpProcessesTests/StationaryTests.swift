import ApusJumpProcesses
import Foundation
import Testing

@Suite struct StationaryTests {
  typealias Method = SparseGenerator.StationaryMethod

  @Test(arguments: Method.allCases) func immigrationAndDeathArePoisson(method: Method) throws {
    let solution = try NetworkStates.stationary(of: Networks.immigrationDeath, by: method)
    #expect(solution.edge <= 1e-8)
    let marginal = try #require(
      solution.states.distribution(solution.probabilities).marginal(of: "X"))
    for (count, probability) in marginal.enumerated() {
      let exact = exp(Double(count) * log(10) - 10 - lgamma(Double(count) + 1))
      #expect(abs(probability - exact) < 1e-9)
    }
    // A chain of births and deaths has detailed balance.
    let balance = solution.states.generator.irreversibility(of: solution.probabilities)
    #expect(balance.imbalance < 1e-10)
    #expect(abs(balance.entropyProduction) < 1e-9)
  }

  @Test(arguments: Method.allCases) func ehrenfestIsBinomial(method: Method) throws {
    let solution = try NetworkStates.stationary(of: Networks.ehrenfest, by: method)
    #expect(solution.states.isComplete)
    #expect(solution.states.count == 41)
    for state in 0..<41 {
      let left = Double(solution.states.amounts(of: state)[state * 2])
      let ways = lgamma(41) - lgamma(left + 1) - lgamma(41 - left)
      #expect(abs(solution.probabilities[state] - exp(ways - 40 * log(2))) < 1e-10)
    }
  }

  /// The moments of the two-state model; see `MasterEquationTests`.
  @Test(arguments: Method.allCases) func telegraphHasItsMoments(method: Method) throws {
    let solution = try NetworkStates.stationary(of: Networks.telegraph, by: method)
    let distribution = solution.states.distribution(solution.probabilities)
    let moments = try #require(distribution.moments(of: "mRNA"))
    let (open, close, make) = (0.5, 1.0, 20.0)
    let sum = open + close
    let mean = make * open / sum
    let variance = mean + make * make * open * close / (sum * sum * (sum + 1))
    #expect(abs(moments.mean - mean) < 1e-6 * mean)
    #expect(abs(moments.deviation * moments.deviation - variance) < 1e-5 * variance)
  }

  /// `π_n ∝ Π births / deaths` keeps its digits over two hundred and sixty orders of magnitude.
  @Test func eliminationKeepsTheDigitsOfEveryState() throws {
    let births = (0..<150).map { _ in 1.0 }
    let deaths = (1...150).map { Double($0) }
    let chain = try SparseGenerator.birthDeath(births: births, deaths: deaths)
    let (p, residual) = try chain.stationary(by: .gth)
    #expect(residual < 1e-15)
    for count in 0...150 {
      let exact = exp(-1 - lgamma(Double(count) + 1))
      #expect(abs(p[count] / exact - 1) < 1e-10)
    }
  }

  /// A chain with two likely places and an unlikely one between, on which small Krylov spaces stall:
  /// `π_{n+1} / π_n = births_n / deaths_n`.
  @Test(arguments: Method.allCases) func twoPlacesFarApartKeepTheirShares(method: Method) throws {
    let births = (0..<400).map { 1 + 0.08 * sin(Double($0) * .pi / 100) }
    let deaths = births.map { _ in 1.0 }
    let chain = try SparseGenerator.birthDeath(births: births, deaths: deaths)
    let (p, residual) = try chain.stationary(by: method)
    #expect(residual < 1e-12)
    var exact = [1.0]
    for (birth, death) in zip(births, deaths) {
      exact.append(exact[exact.count - 1] * birth / death)
    }
    let total = exact.reduce(0, +)
    for (state, share) in exact.enumerated() {
      #expect(abs(p[state] * total / share - 1) < 1e-5, "state \(state)")
    }
  }

  /// Reactions that make many at once step over the edge of a grid: it grows where they leave it.
  @Test func jumpsOfManyFindTheirGrid() throws {
    var network = ReactionNetwork("bursts")
    network.quantities = [.init("X", .species, initial: 0)]
    network.reactions = [
      .init("burst", consumed: [:], produced: [0: 40], rate: .massAction(1)),
      .init("loss", consumed: [0: 1], produced: [:], rate: .massAction(1)),
    ]
    let bursts = try NetworkStates.stationary(of: network)
    let moments = try #require(bursts.states.distribution(bursts.probabilities).moments(of: "X"))
    // m = 40 and σ² = 40 (1 + 40)/2 of bursts of one size.
    #expect(abs(moments.mean - 40) < 1e-5)
    #expect(abs(moments.deviation * moments.deviation - 820) < 1e-3)
    network.reactions = [
      .init("pair", consumed: [:], produced: [0: 2], rate: .massAction(1000)),
      .init("loss", consumed: [0: 2], produced: [:], rate: .massAction(0.1)),
    ]
    let pairs = try NetworkStates.stationary(of: network)
    let exact = try #require(
      MasterEquation(network).solve(at: [50]).distributions[0].moments(of: "X"))
    let found = try #require(pairs.states.distribution(pairs.probabilities).moments(of: "X"))
    #expect(abs(found.mean - exact.mean) < 1e-5)
    #expect(abs(found.deviation - exact.deviation) < 1e-5)
  }

  /// An epidemic ends with any number of people spared: as many ends, not as few as a small grid has.
  @Test func endsAreCountedOnAllStates() throws {
    var network = ReactionNetwork("sir")
    network.quantities = [
      .init("S", .species, initial: 60), .init("I", .species, initial: 1),
      .init("R", .species, initial: 0),
    ]
    network.reactions = [
      .init("infect", consumed: [0: 1, 1: 1], produced: [1: 2], rate: .massAction(0.05)),
      .init("recover", consumed: [1: 1], produced: [2: 1], rate: .massAction(1)),
    ]
    let error = #expect(throws: JumpProcessError.self) { try NetworkStates.stationary(of: network) }
    #expect(error?.description.contains("there are 61 sets of states") == true)
  }

  /// A ring of three with rates `a` one way and `b` back has entropy production `(a − b) ln(a/b)`.
  @Test func aRingProducesEntropy() throws {
    let (a, b) = (3.0, 0.5)
    let chain = try SparseGenerator(
      states: 3,
      transitions: (0..<3).flatMap {
        [
          SparseGenerator.Transition(from: $0, to: ($0 + 1) % 3, rate: a),
          SparseGenerator.Transition(from: ($0 + 1) % 3, to: $0, rate: b),
        ]
      })
    let (p, _) = try chain.stationary()
    for probability in p { #expect(abs(probability - 1 / 3) < 1e-14) }
    let balance = chain.irreversibility(of: p)
    #expect(abs(balance.entropyProduction - (a - b) * log(a / b)) < 1e-12)
    #expect(abs(balance.imbalance - (a - b) / a) < 1e-12)
  }

  /// Two genes that repress each other switch once in an age: elimination finds both sides equal,
  /// and so does the iteration for the vector itself; with one state fixed it stalls.
  @Test(arguments: [Method.gth, .arnoldi]) func rareSwitchesKeepTheirBalance(
    method: Method
  ) throws {
    var network = ReactionNetwork("toggle")
    network.quantities = [.init("U", .species, initial: 0), .init("V", .species, initial: 3)]
    func repressed(by other: Int) -> ModelExpression {
      20 / (1 + .apply(.power, [.quantity(other) / 2, 3]))
    }
    network.reactions = [
      .init("make U", consumed: [:], produced: [0: 1], rate: .law(repressed(by: 1))),
      .init("make V", consumed: [:], produced: [1: 1], rate: .law(repressed(by: 0))),
      .init("lose U", consumed: [0: 1], produced: [:], rate: .massAction(1)),
      .init("lose V", consumed: [1: 1], produced: [:], rate: .massAction(1)),
    ]
    let solution = try NetworkStates.stationary(of: network, by: method)
    #expect(solution.residual < 1e-14)
    let distribution = solution.states.distribution(solution.probabilities)
    let (u, v) = (distribution.moments(of: "U"), distribution.moments(of: "V"))
    #expect(abs(try #require(u).mean - #require(v).mean) < 1e-8)
    #expect(
      abs(distribution.probability(of: [20, 0]) - distribution.probability(of: [0, 20]))
        < (method == .gth ? 1e-12 : 1e-10))
  }

  /// Two ways to make and lose `X` whose rates are not in one ratio: the states have detailed
  /// balance, as those of every chain of births and deaths, but entropy is produced.
  ///
  /// Each way `j` has a net flux `J_j` and produces `J_j ln(birth_j / death_j)` summed over states.
  @Test func reactionsProduceEntropyOnTheirOwn() throws {
    var network = ReactionNetwork("two ways")
    network.quantities = [.init("X", .species, initial: 0)]
    let (births, deaths) = ([5.0, 1.0], [1.0, 2.0])
    for way in 0..<2 {
      network.reactions += [
        .init(
          "in \(way)", consumed: [:], produced: [0: 1], rate: .massAction(.number(births[way]))),
        .init(
          "out \(way)", consumed: [0: 1], produced: [:], rate: .massAction(.number(deaths[way]))),
      ]
    }
    // The reverse of one way must not be taken for that of the other: catalysts tell them apart.
    network.quantities.append(.init("C", .species, initial: 1, isHeldByBoundary: true))
    network.reactions[2].consumed = [1: 1]
    network.reactions[2].produced = [0: 1, 1: 1]
    network.reactions[3].consumed = [0: 1, 1: 1]
    network.reactions[3].produced = [1: 1]
    let solution = try NetworkStates.stationary(of: network)
    let p = solution.probabilities
    #expect(solution.states.generator.irreversibility(of: p).entropyProduction < 1e-9)
    // Poisson with mean m = 6/3: Σ_x (p_x b − p_{x+1} (x+1) d) ln(b p_x / (d (x+1) p_{x+1})).
    let exact = zip(births, deaths).reduce(0) { sum, way in
      let mean = 2.0
      return sum + (way.0 - way.1 * mean) * log(way.0 / (way.1 * mean))
    }
    let balance = solution.states.irreversibility(of: p)
    #expect(abs(balance.entropyProduction - exact) < 1e-6)
    #expect(balance.imbalance > 0.1)
  }

  @Test func aJumpWithoutAWayBackIsIrreversible() throws {
    let chain = try SparseGenerator(
      matrix: DenseMatrix(rows: 3, columns: 3, values: [0, 1, 0, 0, 0, 1, 1, 0, 0]))
    let (p, _) = try chain.stationary()
    #expect(chain.irreversibility(of: p).entropyProduction == .infinity)
  }

  @Test func severalEndsAreRefused() throws {
    let chain = try SparseGenerator(
      states: 3, transitions: [.init(from: 1, to: 0, rate: 1), .init(from: 1, to: 2, rate: 1)])
    #expect(chain.closedClasses == [[0], [2]])
    let error = #expect(throws: JumpProcessError.self) { try chain.stationary() }
    #expect(error?.description.contains("2 sets of states that are never left") == true)
    let leaking = try SparseGenerator(
      states: 2, transitions: [.init(from: 0, to: 1, rate: 1)], leaks: [0, 1])
    #expect(throws: JumpProcessError.self) { try leaking.stationary() }
  }

  @Test func whatIsAbsorbedStaysThere() throws {
    let chain = try SparseGenerator(
      states: 3, transitions: [.init(from: 0, to: 1, rate: 1), .init(from: 1, to: 2, rate: 1)])
    #expect(try chain.stationary().distribution == [0, 0, 1])
  }
}
