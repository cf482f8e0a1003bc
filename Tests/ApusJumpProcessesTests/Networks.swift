import ApusJumpProcesses

/// Networks whose laws are known.
enum Networks {
  /// Immigration at 10 and death at 1 each, from nothing: Poisson of mean `10(1 − exp(−t))`.
  static var immigrationDeath: ReactionNetwork {
    var network = ReactionNetwork("immigration-death")
    network.quantities = [.init("X", .species, initial: 0)]
    network.reactions = [
      .init("immigration", consumed: [:], produced: [0: 1], rate: .massAction(10)),
      .init("death", consumed: [0: 1], produced: [:], rate: .massAction(1)),
    ]
    return network
  }

  /// The same with the death's propensity written so that only the general loops take it.
  static var immigrationDeathByLaw: ReactionNetwork {
    var network = immigrationDeath
    network.reactions[1].rate = .law(.apply(.max, [.quantity(0), 0]))
    return network
  }

  /// Pure birth from `start` at 0.3 each.
  static func yule(from start: Int) -> ReactionNetwork {
    var network = ReactionNetwork("yule")
    network.quantities = [.init("N", .species, initial: Double(start))]
    network.reactions = [
      .init("birth", consumed: [0: 1], produced: [0: 2], rate: .massAction(0.3))
    ]
    return network
  }

  /// 40 balls that hop between two urns at 1 each, all in the first.
  static var ehrenfest: ReactionNetwork {
    var network = ReactionNetwork("ehrenfest")
    network.quantities = [
      .init("left", .species, initial: 40), .init("right", .species, initial: 0),
    ]
    network.reactions = [
      .init("there", consumed: [0: 1], produced: [1: 1], rate: .massAction(1)),
      .init("back", consumed: [1: 1], produced: [0: 1], rate: .massAction(1)),
    ]
    return network
  }

  /// Two monomers bind and part: every kind of factor in few reactions.
  static var dimerization: ReactionNetwork {
    var network = ReactionNetwork("dimerization")
    network.quantities = [
      .init("P", .species, initial: 100), .init("P2", .species, initial: 0),
    ]
    network.reactions = [
      .init("bind", consumed: [0: 2], produced: [1: 1], rate: .massAction(0.001)),
      .init("part", consumed: [1: 1], produced: [0: 2], rate: .massAction(0.01)),
    ]
    return network
  }

  /// A gene that is on or off and makes messengers while it is on.
  static var telegraph: ReactionNetwork {
    var network = ReactionNetwork("telegraph")
    network.quantities = [
      .init("off", .species, initial: 1), .init("on", .species, initial: 0),
      .init("mRNA", .species, initial: 0),
    ]
    network.reactions = [
      .init("open", consumed: [0: 1], produced: [1: 1], rate: .massAction(0.5)),
      .init("close", consumed: [1: 1], produced: [0: 1], rate: .massAction(1)),
      .init("make", consumed: [1: 1], produced: [1: 1, 2: 1], rate: .massAction(20)),
      .init("decay", consumed: [2: 1], produced: [:], rate: .massAction(1)),
    ]
    return network
  }

  /// A ring of `count` species, 10 of each, with as many reactions or a multiple of it.
  static func ring(_ count: Int, reactions: Int? = nil) -> ReactionNetwork {
    var network = ReactionNetwork("ring")
    network.quantities = (0..<count).map { .init("S\($0)", .species, initial: 10) }
    network.reactions = (0..<(reactions ?? count)).map {
      .init(
        "hop \($0)", consumed: [$0 % count: 1], produced: [($0 + 1) % count: 1],
        rate: .massAction(1))
    }
    return network
  }
}
