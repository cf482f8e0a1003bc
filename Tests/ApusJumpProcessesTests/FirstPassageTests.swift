import ApusJumpProcesses
import Foundation
import Testing

@Suite struct FirstPassageTests {
  /// A walk at rate 1 up and down on `0 … n`, reflected at `n`, needs `k(2n + 1 − k)/2` from `k`
  /// to 0.
  @Test func aWalkReachesItsEnd() throws {
    let n = 30
    let chain = try SparseGenerator.birthDeath(
      births: Array(repeating: 1, count: n), deaths: Array(repeating: 1, count: n))
    let passage = try chain.firstPassage(to: (0...n).map { $0 == 0 })
    for k in 0...n {
      #expect(abs(passage.mean[k] - Double(k * (2 * n + 1 - k)) / 2) < 1e-7)
    }
  }

  /// The last of `n` dies after `Σ 1/k`, with variance `Σ 1/k²`.
  @Test func pureDeathIsASumOfWaits() throws {
    var network = ReactionNetwork("death")
    network.quantities = [.init("N", .species, initial: 25)]
    network.reactions = [
      .init("death", consumed: [0: 1], produced: [:], rate: .massAction(1))
    ]
    let (states, passage) = try NetworkStates.firstPassage(
      of: network, where: .apply(.equal, [.quantity(0), 0]))
    let waits = (1...25).map { 1 / Double($0) }
    #expect(abs(passage.mean[states.start] - waits.reduce(0, +)) < 1e-10)
    let variance = waits.reduce(0) { $0 + $1 * $1 }
    #expect(abs(passage.deviation[states.start] - variance.squareRoot()) < 1e-10)
  }

  /// From nothing to `n` by immigration at `k` and death at `d` each:
  /// `Σ_{i<n} Σ_{j≤i} (1/k) Π_{l=j+1…i} (d l / k)`.
  @Test func immigrationReachesALevel() throws {
    var expected = 0.0
    var wait = 0.0
    for level in 0..<15 {
      // The wait from a level to the next: 1/k + (d·level/k) · the wait from the one below.
      wait = 1 / 10.0 + Double(level) / 10 * wait
      expected += wait
    }
    let (states, passage) = try NetworkStates.firstPassage(
      of: Networks.immigrationDeath, where: .apply(.greaterOrEqual, [.quantity(0), 15]))
    #expect(abs(passage.mean[states.start] - expected) < 1e-8 * expected)
  }

  /// Two counters of steps, up at 2 and down at 1: their difference reaches 3 after 3, although each
  /// grows without end.
  @Test func aDriftingWalkArrives() throws {
    var network = ReactionNetwork("drift")
    network.quantities = [
      .init("up", .species, initial: 0), .init("down", .species, initial: 0),
    ]
    network.reactions = [
      .init("up", consumed: [:], produced: [0: 1], rate: .massAction(2)),
      .init("down", consumed: [:], produced: [1: 1], rate: .massAction(1)),
    ]
    let (states, passage) = try NetworkStates.firstPassage(
      of: network, where: .apply(.greaterOrEqual, [.quantity(0) - .quantity(1), 3]))
    #expect(abs(passage.mean[states.start] - 3) < 1e-6)
    // The variance is distance · (up + down) / (up − down)³.
    #expect(abs(passage.deviation[states.start] - 3) < 1e-5)
  }

  /// What lies beyond the first guess of bounds is found.
  @Test func levelsThatAreFarAreReached() throws {
    let (states, passage) = try NetworkStates.firstPassage(
      of: Networks.yule(from: 1), where: .apply(.greaterOrEqual, [.quantity(0), 200]))
    let expected = (1..<200).reduce(0.0) { $0 + 1 / (0.3 * Double($1)) }
    #expect(abs(passage.mean[states.start] - expected) < 1e-8 * expected)
  }

  /// Levels that are hardly ever reached, against the recursion over levels; no sum there is small.
  @Test(arguments: [20, 40, 60]) func rareLevelsAreExact(level: Int) throws {
    let (states, passage) = try NetworkStates.firstPassage(
      of: Networks.immigrationDeath,
      where: .apply(.greaterOrEqual, [.quantity(0), .number(Double(level))]))
    var (up, expected) = (0.0, 0.0)
    for n in 0..<level {
      up = 0.1 + Double(n) * 0.1 * up
      expected += up
    }
    #expect(abs(passage.mean[states.start] / expected - 1) < 1e-12)
    // Rare events come without memory.
    if level > 20 { #expect(abs(passage.deviation[states.start] / expected - 1) < 1e-6) }
  }

  @Test func whatMayNeverHappenTakesForever() throws {
    let chain = try SparseGenerator(
      states: 4,
      transitions: [
        .init(from: 1, to: 0, rate: 1), .init(from: 1, to: 2, rate: 1),
        .init(from: 3, to: 0, rate: 0.5),
      ])
    let passage = try chain.firstPassage(to: [true, false, false, false])
    #expect(passage.mean[0] == 0)
    #expect(passage.mean[1] == .infinity)
    #expect(passage.mean[2] == .infinity)
    #expect(abs(passage.mean[3] - 2) < 1e-12)
    #expect(abs(passage.deviation[3] - 2) < 1e-12)
  }

  @Test func aConditionThatNeverHoldsIsRefused() throws {
    #expect(throws: JumpProcessError.self) {
      try NetworkStates.firstPassage(
        of: Networks.ehrenfest, where: .apply(.greater, [.quantity(0), 40]))
    }
  }
}
