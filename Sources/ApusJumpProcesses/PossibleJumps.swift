extension ReactionNetwork {
  /// The network in which no reaction takes more of a species than there is.
  ///
  /// Mass action is zero where something lacks. A rate that is given as a whole need not be: where
  /// it does not vanish by itself, it becomes zero in such states. For processes that count; amounts
  /// of rate equations and diffusions are no whole numbers.
  package var withPossibleJumps: ReactionNetwork {
    var result = self
    let resolver = resolver
    for (index, reaction) in reactions.enumerated() {
      guard case .law(let law) = reaction.rate else { continue }
      let factors = resolver.inlined(law).factors
      let lacking = change(by: reaction).filter { species, amount in
        amount < 0 && !Self.vanishes(factors, below: -amount, of: species)
      }
      guard !lacking.isEmpty else { continue }
      let isPossible = lacking.map { species, amount in
        ModelExpression.apply(.greaterOrEqual, [.quantity(species), .number(Double(-amount))])
      }
      let condition = isPossible.count == 1 ? isPossible[0] : .apply(.and, isPossible)
      result.reactions[index].rate = .law(.apply(.piecewise, [law, condition, .number(0)]))
    }
    return result
  }

  /// Whether a product is zero wherever there are fewer than `need` of a species.
  private static func vanishes(
    _ factors: [ModelExpression], below need: Int, of species: Int
  ) -> Bool {
    guard need <= 16 else { return false }
    let own = factors.filter { $0.quantities == [species] && !$0.readsTime }
    return (0..<need).allSatisfy { amount in
      own.contains { factor in
        factor.replacing { _ in .number(Double(amount)) }.constant == 0
      }
    }
  }
}
