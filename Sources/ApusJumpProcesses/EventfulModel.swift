import ApusNumerics
import Glibc

/// A network prepared for paths with general rates, rules and events.
struct EventfulModel: Sendable {
  struct Reaction: Sendable {
    var name: String
    var propensity: Formula
    var change: [(species: Int, amount: Double)]
    /// Rules and reactions that read, directly or through rules, what the reaction changes.
    var rules: [Int]
    var dependents: [Int]
  }

  struct Rule: Sendable {
    var target: Int
    var value: Formula
  }

  /// What an event sets, and the compartment by whose size the value is multiplied.
  struct EventAssignment: Sendable {
    var target: Int
    var value: Formula
    var size: Int?
  }

  struct Event: Sendable {
    var name: String
    var trigger: Formula
    var startsTrue: Bool
    var delay: Formula?
    var priority: Formula?
    var isPersistent: Bool
    var takesValuesAtTrigger: Bool
    var assignments: [EventAssignment]

    /// What it would assign.
    func newValues(_ values: [Double], at time: Double) -> [Double] {
      assignments.map { $0.value.value(of: values, time: time) }
    }
  }

  let initial: [Double]
  let outputs: [Int]
  let names: [String]
  /// The quantities that reactions change.
  let counted: Set<Int>
  let reactions: [Reaction]
  let rules: [Rule]
  let rateRules: [Rule]
  let events: [Event]
  /// The comparisons with the time, at which events may happen and rates may jump.
  let crossings: [Crossing]
  /// Conditions at which rates may jump in time otherwise.
  let switches: [Formula]
  /// The rules and reactions that change while nothing happens.
  let movingRules: [Int]
  let movingReactions: [Int]
  /// The other reactions.
  let steadyReactions: [Int]
  /// Whether something is to be followed while nothing happens.
  let isMoving: Bool
  private let text: @Sendable ([Double]) -> String

  init(_ network: ReactionNetwork) {
    initial = network.initialValues
    outputs = network.outputs
    names = network.quantities.map(\.name)
    counted = Set(network.reactions.flatMap { network.change(by: $0).map(\.species) })
    text = { network.text(ofOutputs: $0) }
    rules = network.rules.map { Rule(target: $0.target, value: Formula($0.value)) }
    rateRules = network.rateRules.map { Rule(target: $0.target, value: Formula($0.value)) }
    events = network.events.map { event in
      Event(
        name: event.name, trigger: Formula(event.trigger), startsTrue: event.startsTrue,
        delay: event.delay.map(Formula.init), priority: event.priority.map(Formula.init),
        isPersistent: event.isPersistent, takesValuesAtTrigger: event.takesValuesAtTrigger,
        assignments: event.assignments.map {
          EventAssignment(target: $0.target, value: Formula($0.value), size: $0.size)
        })
    }
    let resolver = network.resolver
    let propensities = network.reactions.map { resolver.resolved(network.propensity(of: $0)) }
    let moving = MovingParts(of: network, propensities)
    movingRules = moving.rules
    movingReactions = moving.reactions
    let isMoved = Set(moving.reactions)
    steadyReactions = network.reactions.indices.filter { !isMoved.contains($0) }
    isMoving = moving.isAny
    crossings = moving.crossings
    switches = moving.switches.map(Formula.init)
    let readers = Readers(of: network, propensities)
    reactions = network.reactions.indices.map { index in
      let change = network.change(by: network.reactions[index])
      let (rules, dependents) = readers.all(of: change.map(\.species), in: network)
      return Reaction(
        name: network.reactions[index].name, propensity: Formula(propensities[index]),
        change: change.map { ($0.species, Double($0.amount)) }, rules: rules,
        dependents: dependents)
    }
  }

  /// Brings the targets of rules up to date.
  func applyRules(to values: inout [Double], at time: Double) {
    for rule in rules { values[rule.target] = rule.value.value(of: values, time: time) }
  }

  /// What a propensity counts as, or nil where it is no rate.
  ///
  /// What is followed in time may come out a little below zero.
  func rate(_ propensity: Double) -> Double? {
    guard propensity < .infinity else { return nil }
    if propensity >= 0 { return propensity }
    return isMoving && propensity > -1e-6 ? 0 : nil
  }

  /// Refuses rates below zero or without a number among those that move.
  func checkRates(_ values: [Double], at time: Double) throws(JumpProcessError) {
    for index in movingReactions {
      let propensity = reactions[index].propensity.value(of: values, time: time)
      guard rate(propensity) == nil else { continue }
      throw .propensity(
        reaction: reactions[index].name, value: propensity, time: time, state: state(values))
    }
  }

  /// The state in words, for errors: `X = 3, Y = 0`.
  func state(_ values: [Double]) -> String { text(outputs.map { values[$0] }) }
}

/// Which rules and propensities read a quantity.
private struct Readers {
  private var rules: [Int: [Int]] = [:]
  private var reactions: [Int: [Int]] = [:]

  init(of network: ReactionNetwork, _ propensities: [ModelExpression]) {
    for (index, rule) in network.rules.enumerated() {
      for quantity in rule.value.quantities { rules[quantity, default: []].append(index) }
    }
    for (index, propensity) in propensities.enumerated() {
      for quantity in propensity.quantities { reactions[quantity, default: []].append(index) }
    }
  }

  /// Those that read some quantities, directly or through rules, in their order.
  func all(
    of quantities: [Int], in network: ReactionNetwork
  ) -> (rules: [Int], reactions: [Int]) {
    var open = quantities
    var found: (rules: Set<Int>, reactions: Set<Int>) = ([], [])
    while let quantity = open.popLast() {
      found.reactions.formUnion(reactions[quantity] ?? [])
      for rule in rules[quantity] ?? [] where found.rules.insert(rule).inserted {
        open.append(network.rules[rule].target)
      }
    }
    return (found.rules.sorted(), found.reactions.sorted())
  }
}

/// What of a network changes while nothing happens.
private struct MovingParts {
  /// Those that read the time or what rate rules change, directly or through rules.
  private(set) var rules: [Int] = []
  private(set) var reactions: [Int] = []
  private(set) var crossings: [Crossing] = []
  private(set) var switches: [ModelExpression] = []
  private(set) var isAny: Bool

  init(of network: ReactionNetwork, _ propensities: [ModelExpression]) {
    var moving = Set(network.rateRules.map(\.target))
    func moves(_ expression: ModelExpression) -> Bool {
      expression.readsTime || !expression.quantities.isDisjoint(with: moving)
    }
    for (index, rule) in network.rules.enumerated() where moves(rule.value) {
      rules.append(index)
      moving.insert(rule.target)
    }
    reactions = propensities.indices.filter { moves(propensities[$0]) }
    isAny = !moving.isEmpty || !reactions.isEmpty
    for event in network.events {
      crossings += Crossing.within(event.trigger)
      if !Crossing.coverAll(of: event.trigger) { isAny = true }
    }
    let formulas =
      rules.map { network.rules[$0].value } + reactions.map { propensities[$0] }
      + network.rateRules.map(\.value)
    crossings += formulas.flatMap { Crossing.within($0) }
    switches = formulas.flatMap { Crossing.switches(in: $0) }
  }
}

/// The natural logarithm.
func naturalLogarithm(_ x: Double) -> Double { Glibc.log(x) }

extension Double {
  /// A whole number without point, others as they are.
  var shortText: String {
    self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)"
  }
}
