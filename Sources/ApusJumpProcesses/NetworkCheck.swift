extension ReactionNetwork {
  /// Checks that all that reactions, rules and events refer to is there.
  ///
  /// - Throws: ``JumpProcessError/network(_:)`` with the first reference that leads nowhere, the
  ///   first amount that is negative or the first function with arguments that it does not take.
  public func check() throws(JumpProcessError) {
    for reaction in reactions {
      let owner = "reaction \(reaction.name)"
      for (species, amount) in reaction.consumed.sorted(by: { $0.key < $1.key })
        + reaction.produced.sorted(by: { $0.key < $1.key })
      {
        try check(index: species, of: owner)
        guard 0...1_000_000 ~= amount else {
          throw fault(owner, "takes or makes \(amount) of a species; expected 0 to 1000000")
        }
      }
      switch reaction.rate {
      case .law(let formula), .massAction(let formula): try check(formula, of: owner)
      }
    }
    for rule in rules {
      try check(index: rule.target, of: "a rule")
      try check(rule.value, of: "the rule of \(quantities[rule.target].name)")
    }
    for rule in rateRules {
      try check(index: rule.target, of: "a rate rule")
      try check(rule.value, of: "the rate rule of \(quantities[rule.target].name)")
    }
    for event in events {
      let owner = "event \(event.name)"
      try check(event.trigger, of: owner)
      if let delay = event.delay { try check(delay, of: owner) }
      if let priority = event.priority { try check(priority, of: owner) }
      for assignment in event.assignments {
        try check(index: assignment.target, of: owner)
        try check(assignment.value, of: owner)
      }
    }
  }

  private func check(_ formula: Expression, of owner: String) throws(JumpProcessError) {
    switch formula {
    case .number, .time: break
    case .quantity(let index): try check(index: index, of: owner)
    case .apply(let function, let arguments):
      guard function.arity.contains(arguments.count) else {
        throw fault(
          owner, "gives \(function.rawValue) \(arguments.count) arguments, which it does not take")
      }
      for argument in arguments { try check(argument, of: owner) }
    }
  }

  private func check(index: Int, of owner: String) throws(JumpProcessError) {
    guard quantities.indices.contains(index) else {
      throw fault(owner, "refers to quantity \(index); there are \(quantities.count)")
    }
  }

  private func fault(_ owner: String, _ text: String) -> JumpProcessError {
    .network("\(name): \(owner) \(text)")
  }
}
