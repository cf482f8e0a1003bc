/// A Markov jump process written as chemistry: what there is, and what may happen at which rate.
///
/// The state is the amount of each species. A reaction of propensity `a(x)` happens within the next
/// `dt` with probability `a(x)·dt` and changes the amounts.
public struct ReactionNetwork: Sendable {
  /// The name of the model.
  public var name: String
  /// Species, parameters and compartments, in the order of the model.
  public var quantities: [Quantity]
  public var reactions: [Reaction]
  /// Quantities that always equal a formula, each after those it reads.
  public var rules: [Assignment]
  /// Quantities that change all the time, `dx/dt` = formula.
  public var rateRules: [Assignment]
  public var events: [Event]

  /// A named number of a model.
  public struct Quantity: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
      case species, parameter, compartment
    }

    public var name: String
    public var kind: Kind
    /// Its value at time zero.
    public var initial: Double
    /// Of a species: reactions leave its amount as it is.
    public var isHeldByBoundary = false

    public init(_ name: String, _ kind: Kind, initial: Double, isHeldByBoundary: Bool = false) {
      self.name = name
      self.kind = kind
      self.initial = initial
      self.isHeldByBoundary = isHeldByBoundary
    }
  }

  /// Something that may happen.
  public struct Reaction: Sendable, Hashable {
    public var name: String
    /// How many of each species (index of a quantity) are taken and made.
    public var consumed: [Int: Int]
    public var produced: [Int: Int]
    public var rate: Rate

    public init(_ name: String, consumed: [Int: Int], produced: [Int: Int], rate: Rate) {
      self.name = name
      self.consumed = consumed
      self.produced = produced
      self.rate = rate
    }
  }

  /// How likely a reaction is.
  public enum Rate: Sendable, Hashable {
    /// The constant times the ways to pick what is consumed: `k · Π (xᵢ choose nᵢ)`.
    case massAction(ModelExpression)
    /// The whole propensity.
    case law(ModelExpression)
  }

  /// A quantity and the formula of its value.
  public struct Assignment: Sendable, Hashable {
    public var target: Int
    public var value: ModelExpression
    /// Of an event that sets a concentration: the compartment, by whose size once the event has
    /// happened the value is multiplied.
    public var size: Int?

    public init(_ target: Int, _ value: ModelExpression, timesSizeOf size: Int? = nil) {
      self.target = target
      self.value = value
      self.size = size
    }
  }

  /// Assignments that happen when a condition becomes true.
  public struct Event: Sendable, Hashable {
    public var name: String
    public var trigger: ModelExpression
    /// What the condition counts as just before time zero.
    public var startsTrue = true
    /// The time from trigger to assignments.
    public var delay: ModelExpression?
    /// Of events at one time the one with the larger number is first; of equal ones any may be.
    public var priority: ModelExpression?
    /// Whether it happens although its condition is false again before the delay is over.
    public var isPersistent = true
    /// Whether the values assigned are those of the time of the trigger.
    public var takesValuesAtTrigger = true
    public var assignments: [Assignment]

    public init(_ name: String, when trigger: ModelExpression, _ assignments: [Assignment]) {
      self.name = name
      self.trigger = trigger
      self.assignments = assignments
    }
  }

  public init(_ name: String) {
    self.name = name
    quantities = []
    reactions = []
    rules = []
    rateRules = []
    events = []
  }

  /// The index of the quantity of a name.
  public func index(of name: String) -> Int? { quantities.firstIndex { $0.name == name } }
}

extension ReactionNetwork {
  /// The propensity of a reaction as a formula.
  package func propensity(of reaction: Reaction) -> ModelExpression {
    switch reaction.rate {
    case .law(let law): return law
    case .massAction(let constant):
      var factors = [constant]
      for (species, count) in reaction.consumed.sorted(by: { $0.key < $1.key }) {
        for taken in 0..<count {
          factors.append(
            taken == 0
              ? .quantity(species) : .quantity(species) - .number(Double(taken)))
          if taken > 0 { factors.append(.number(1 / Double(taken + 1))) }
        }
      }
      return factors.count == 1 ? constant : .apply(.multiply, factors)
    }
  }

  /// What a reaction adds to each species that reactions may change; none that stay.
  package func change(by reaction: Reaction) -> [(species: Int, amount: Int)] {
    let all = Set(reaction.consumed.keys).union(reaction.produced.keys)
    return all.sorted().compactMap { species in
      let amount = (reaction.produced[species] ?? 0) - (reaction.consumed[species] ?? 0)
      return amount == 0 || quantities[species].isHeldByBoundary ? nil : (species, amount)
    }
  }

  /// The quantities that a rule or an event changes.
  package var assigned: Set<Int> {
    Set(
      rules.map(\.target) + rateRules.map(\.target)
        + events.flatMap { $0.assignments.map(\.target) })
  }

  /// The quantities that keep their initial value.
  package var constants: Set<Int> {
    let changed = Set(reactions.flatMap { change(by: $0).map(\.species) }).union(assigned)
    return Set(quantities.indices).subtracting(changed)
  }

  /// What a simulation writes down: every species, and what rules and events change.
  package var outputs: [Int] {
    let assigned = assigned
    return quantities.indices.filter { quantities[$0].kind == .species || assigned.contains($0) }
  }

  /// The names of what reactions change.
  package var movingNames: [String] { NetworkStates.moving(of: self).map { quantities[$0].name } }

  /// The names of what a simulation writes down.
  package var outputNames: [String] { outputs.map { quantities[$0].name } }

  /// The formula with constants in place of quantities that do not change.
  package func resolved(_ expression: ModelExpression) -> ModelExpression {
    resolver.resolved(expression)
  }

  /// The formula with rules and constants put in.
  package func inlined(_ expression: ModelExpression) -> ModelExpression {
    resolver.inlined(expression)
  }

  /// What puts rules and constants into formulas; to be made once for many.
  package var resolver: Resolver { Resolver(self) }

  /// Puts rules and constants in place of quantities.
  package struct Resolver {
    private let quantities: [Quantity]
    private let constants: Set<Int>
    /// What the target of each rule is in quantities without a rule.
    private var rules: [Int: ModelExpression] = [:]

    fileprivate init(_ network: ReactionNetwork) {
      quantities = network.quantities
      constants = network.constants
      for rule in network.rules { rules[rule.target] = inliningRules(rule.value) }
    }

    /// The formula with constants in place of quantities that do not change.
    package func resolved(_ expression: ModelExpression) -> ModelExpression {
      expression.replacing { index in
        constants.contains(index) ? .number(quantities[index].initial) : nil
      }.folded
    }

    /// The formula with rules put in, constants as they are.
    package func inliningRules(_ expression: ModelExpression) -> ModelExpression {
      rules.isEmpty ? expression : expression.replacing { rules[$0] }
    }

    /// The formula with rules and constants put in.
    package func inlined(_ expression: ModelExpression) -> ModelExpression {
      resolved(inliningRules(expression))
    }
  }

  /// The values at time zero, rules applied.
  package var initialValues: [Double] {
    var values = quantities.map(\.initial)
    for rule in rules { values[rule.target] = Formula(rule.value).value(of: values, time: 0) }
    return values
  }
}
