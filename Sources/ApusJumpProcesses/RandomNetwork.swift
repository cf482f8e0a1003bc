import ApusNumerics
import Glibc

extension ReactionNetwork {
  /// A large network without meaning, for measuring: twice as many reactions as species, each of
  /// which begins with 20.
  ///
  /// Half of the reactions turn one species into another, half turn two into two; their constants
  /// spread over three decades. The same numbers give the same network.
  public static func random(reactions count: Int, seed: UInt64 = 5) -> ReactionNetwork {
    var random = PhiloxStream(seed: seed, purpose: StreamPurpose.network)
    var network = ReactionNetwork("random-\(count)")
    let species = max(2, count / 2)
    network.quantities = (0..<species).map { .init("S\($0)", .species, initial: 20) }
    for index in 0..<count {
      let constant = Glibc.pow(10, -3 * random.uniform())
      let isPair = index % 2 == 1
      let taken = random.uniformInteger(below: species)
      var consumed = [taken: 1]
      if isPair {
        var other = taken
        while other == taken { other = random.uniformInteger(below: species) }
        consumed[other] = 1
      }
      var produced: [Int: Int] = [:]
      for _ in 0..<(isPair ? 2 : 1) {
        produced[random.uniformInteger(below: species), default: 0] += 1
      }
      network.reactions.append(
        .init(
          "r\(index)", consumed: consumed, produced: produced,
          rate: .massAction(.number(isPair ? 0.05 * constant : constant))))
    }
    return network
  }
}
