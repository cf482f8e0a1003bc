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
    try checkTargets()
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
        if let size = assignment.size { try check(index: size, of: owner) }
      }
    }
    try checkSizes()
  }

  /// What a rule sets nothing else changes.
  private func checkTargets() throws(JumpProcessError) {
    let changed = Set(reactions.flatMap { change(by: $0).map(\.species) })
    var ruled: Set<Int> = []
    for rule in rules + rateRules {
      guard quantities.indices.contains(rule.target) else { continue }
      let name = quantities[rule.target].name
      guard !changed.contains(rule.target) else {
        throw fault("a rule", "sets \(name), which reactions change")
      }
      guard ruled.insert(rule.target).inserted else {
        throw fault("\(name)", "has two rules; expected one at most")
      }
    }
    let set = Set(rules.map(\.target))
    for event in events {
      guard let target = event.assignments.map(\.target).first(where: set.contains) else {
        continue
      }
      throw fault("event \(event.name)", "assigns to \(quantities[target].name), which a rule sets")
    }
  }

  /// Rules are put into the formulas that read them: what comes out may be neither large nor deep.
  private func checkSizes() throws(JumpProcessError) {
    var sizes: [Int: Size] = [:]
    for rule in rules {
      let size = Size(of: rule.value, sizes)
      guard size.isAllowed else { throw tooLarge("the rule of \(quantities[rule.target].name)") }
      sizes[rule.target] = size
    }
    for reaction in reactions where !Size(of: propensity(of: reaction), sizes).isAllowed {
      throw tooLarge("the rate of reaction \(reaction.name)")
    }
    for rule in rateRules where !Size(of: rule.value, sizes).isAllowed {
      throw tooLarge("the rate rule of \(quantities[rule.target].name)")
    }
  }

  private func tooLarge(_ owner: String) -> JumpProcessError {
    fault(
      owner,
      "has, with the rules that it reads put in, more than \(Int(Size.partLimit)) parts or "
        + "\(Size.depthLimit) levels")
  }

  private func check(_ formula: ModelExpression, of owner: String) throws(JumpProcessError) {
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

/// The size of a formula with rules put in.
private struct Size {
  static let partLimit = 1_000_000.0
  static let depthLimit = 1000

  var parts = 1.0
  var depth = 1

  init(of formula: ModelExpression, _ rules: [Int: Size]) {
    switch formula {
    case .number, .time: break
    case .quantity(let index):
      if let rule = rules[index] { self = rule }
    case .apply(_, let arguments):
      for argument in arguments {
        let size = Size(of: argument, rules)
        parts += size.parts
        depth = max(depth, size.depth + 1)
      }
    }
  }

  var isAllowed: Bool { parts <= Self.partLimit && depth <= Self.depthLimit }
}
