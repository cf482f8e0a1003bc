/// A network whose every propensity is a constant times at most three numbers that each move with
/// one species, as plain arrays for the fast loops.
///
/// Slot 0 holds 1; the others hold `offset + scale·x` of a species `x`, such as `x` itself or
/// `x − 1`. A reaction that takes two of a species reads `k/2 · x · (x − 1)` and needs no case of
/// its own.
package struct SlotForm: Sendable {
  package private(set) var initial: [Double] = [1]
  package private(set) var rate: [Double] = []
  package private(set) var factor: [Int32] = []
  package private(set) var changeBegin: [Int32] = [0]
  package private(set) var changeSlot: [Int32] = []
  package private(set) var changeBy: [Double] = []
  package private(set) var dependentBegin: [Int32] = [0]
  package private(set) var dependent: [Int32] = []
  /// The slot of each output of the network.
  package private(set) var outputSlot: [Int32] = []

  private var places: [Affine: Int32] = [:]
  private var slotsOfSpecies: [Int: [(slot: Int32, scale: Double)]] = [:]

  /// `offset + scale · species`.
  package struct Affine: Hashable, Sendable {
    var species: Int?
    var offset: Double
    var scale: Double
  }

  /// The form of a network, or nil where it has none or a propensity could become negative.
  package init?(_ network: ReactionNetwork) {
    guard network.rules.isEmpty, network.events.isEmpty, !network.reactions.isEmpty else {
      return nil
    }
    for reaction in network.reactions {
      guard let product = Product(network.resolved(network.propensity(of: reaction))),
        product.factors.count <= 3, product.constant >= 0, product.constant.isFinite,
        product.isSafe(for: reaction, in: network)
      else { return nil }
      rate.append(product.constant)
      var slots = product.factors.map { slot(of: $0, in: network) }
      while slots.count < 3 { slots.append(0) }
      factor += slots
    }
    outputSlot = network.outputs.map {
      slot(of: Affine(species: $0, offset: 0, scale: 1), in: network)
    }
    appendChanges(network)
    appendDependents()
  }

  private mutating func slot(of affine: Affine, in network: ReactionNetwork) -> Int32 {
    if let known = places[affine] { return known }
    let species = affine.species ?? 0
    let slot = Int32(initial.count)
    initial.append(affine.offset + affine.scale * network.quantities[species].initial)
    places[affine] = slot
    slotsOfSpecies[species, default: []].append((slot, affine.scale))
    return slot
  }

  private mutating func appendChanges(_ network: ReactionNetwork) {
    for reaction in network.reactions {
      for (species, amount) in network.change(by: reaction) {
        for (slot, scale) in slotsOfSpecies[species] ?? [] {
          changeSlot.append(slot)
          changeBy.append(scale * Double(amount))
        }
      }
      changeBegin.append(Int32(changeSlot.count))
    }
  }

  private mutating func appendDependents() {
    var readers = [[Int32]](repeating: [], count: initial.count)
    for reaction in rate.indices {
      for slot in Set(factor[3 * reaction..<3 * reaction + 3]) where slot > 0 {
        readers[Int(slot)].append(Int32(reaction))
      }
    }
    for reaction in rate.indices {
      let changed = changeSlot[Int(changeBegin[reaction])..<Int(changeBegin[reaction + 1])]
      dependent += Set(changed.flatMap { readers[Int($0)] }).sorted()
      dependentBegin.append(Int32(dependent.count))
    }
  }
}

/// A constant times factors that each are affine in one species.
private struct Product {
  var constant = 1.0
  var factors: [SlotForm.Affine] = []

  init?(_ expression: Expression) {
    guard multiply(by: expression) else { return nil }
    factors.sort { ($0.species ?? 0, -$0.offset) < ($1.species ?? 0, -$1.offset) }
  }

  private mutating func multiply(by expression: Expression) -> Bool {
    if case .apply(.multiply, let parts) = expression {
      return parts.allSatisfy { multiply(by: $0) }
    }
    if case .apply(.divide, let parts) = expression, let divisor = parts[1].constant {
      constant /= divisor
      return multiply(by: parts[0])
    }
    guard let affine = Self.affine(expression) else { return false }
    if affine.species == nil {
      constant *= affine.offset
    } else if affine.offset == 0 {
      constant *= affine.scale
      factors.append(.init(species: affine.species, offset: 0, scale: 1))
    } else {
      factors.append(affine)
    }
    return true
  }

  private static func affine(_ expression: Expression) -> SlotForm.Affine? {
    switch expression {
    case .number(let value): return .init(species: nil, offset: value, scale: 0)
    case .quantity(let index): return .init(species: index, offset: 0, scale: 1)
    case .time: return nil
    case .apply(let function, let arguments):
      let parts = arguments.compactMap(affine)
      guard parts.count == arguments.count, let first = parts.first else { return nil }
      switch function {
      case .add: return parts.dropFirst().reduce(first) { sum($0, $1, sign: 1) }
      case .subtract: return sum(first, parts[1], sign: -1)
      case .negate: return .init(species: first.species, offset: -first.offset, scale: -first.scale)
      case .divide where parts[1].species == nil: return scaled(first, by: 1 / parts[1].offset)
      case .multiply: return product(parts)
      default: return nil
      }
    }
  }

  private static func product(_ parts: [SlotForm.Affine]) -> SlotForm.Affine? {
    let moving = parts.filter { $0.species != nil }
    guard moving.count <= 1 else { return nil }
    let constant = parts.filter { $0.species == nil }.reduce(1) { $0 * $1.offset }
    return scaled(moving.first ?? .init(species: nil, offset: 1, scale: 0), by: constant)
  }

  private static func scaled(_ a: SlotForm.Affine, by factor: Double) -> SlotForm.Affine {
    .init(species: a.species, offset: a.offset * factor, scale: a.scale * factor)
  }

  private static func sum(
    _ a: SlotForm.Affine?, _ b: SlotForm.Affine, sign: Double
  ) -> SlotForm.Affine? {
    guard let a, a.species == nil || b.species == nil || a.species == b.species else { return nil }
    return .init(
      species: a.species ?? b.species, offset: a.offset + sign * b.offset,
      scale: a.scale + sign * b.scale)
  }

  /// Whether the propensity is never negative and is zero where the reaction lacks what it takes.
  ///
  /// It is where the factors of each species are `x, x − 1, …` and are at least as many as the
  /// reaction takes away, for amounts that begin as whole numbers.
  func isSafe(for reaction: ReactionNetwork.Reaction, in network: ReactionNetwork) -> Bool {
    var counts: [Int: Int] = [:]
    for factor in factors {
      guard let species = factor.species, factor.scale == 1 else { return false }
      let amount = network.quantities[species].initial
      guard amount >= 0, amount.rounded() == amount else { return false }
      let taken = counts[species, default: 0]
      guard factor.offset == -Double(taken) else { return false }
      counts[species] = taken + 1
    }
    return network.change(by: reaction).allSatisfy { species, amount in
      let begins = network.quantities[species].initial
      return amount >= 0 && begins >= 0 && begins.rounded() == begins
        || -amount <= counts[species, default: 0]
    }
  }
}
