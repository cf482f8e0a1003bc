/// A constant times factors that each are affine in one species.
struct PlainProduct {
  var constant = 1.0
  var factors: [SlotForm.Affine] = []

  /// - Parameter isAmount: whether a quantity changes with reactions alone.
  init?(_ expression: ModelExpression, isAmount: (Int) -> Bool) {
    guard expression.quantities.allSatisfy(isAmount), multiply(by: expression) else { return nil }
    factors.sort { ($0.species ?? 0, -$0.offset) < ($1.species ?? 0, -$1.offset) }
  }

  private mutating func multiply(by expression: ModelExpression) -> Bool {
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

  static func affine(_ expression: ModelExpression) -> SlotForm.Affine? {
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

  /// Whether the loops need no program for it: it has few factors and is a rate in every state.
  func isPlain(for reaction: ReactionNetwork.Reaction, in network: ReactionNetwork) -> Bool {
    factors.count <= 3 && constant >= 0 && constant.isFinite && isSafe(for: reaction, in: network)
  }

  /// Whether the propensity is never negative and is zero where the reaction lacks what it takes.
  ///
  /// It is where the factors of each species are `x, x − 1, …` and are at least as many as the
  /// reaction takes away, for amounts that begin as whole numbers.
  private func isSafe(for reaction: ReactionNetwork.Reaction, in network: ReactionNetwork) -> Bool {
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
