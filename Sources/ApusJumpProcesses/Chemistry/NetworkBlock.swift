/// A part of a network's block.
public protocol NetworkPart {
  /// The terms it is written with, in order.
  var terms: [Term] { get }
  /// Adds itself to a network whose quantities are there at `places`.
  func add(to network: inout ReactionNetwork, _ places: [String: Int]) throws(JumpProcessError)
}

/// A reaction in a network's block.
public struct Reaction: NetworkPart, Sendable {
  /// What is taken and what is made.
  public struct Change: Sendable {
    var taken, made: Term
  }

  private enum Rate {
    case massAction(Term)
    case law(Term)
  }

  private let name: String?
  private let change: Change
  private let rate: Rate

  /// Mass action: the constant times the ways to pick what is taken.
  public init(_ change: Change, at constant: Term, named name: String? = nil) {
    (self.name, self.change, rate) = (name, change, .massAction(constant))
  }

  /// The whole propensity.
  public init(_ change: Change, law: Term, named name: String? = nil) {
    (self.name, self.change, rate) = (name, change, .law(law))
  }

  public var terms: [Term] {
    switch rate {
    case .massAction(let term), .law(let term): [change.taken, change.made, term]
    }
  }

  public func add(
    to network: inout ReactionNetwork, _ places: [String: Int]
  ) throws(JumpProcessError) {
    let name = name ?? "\(network.reactions.count + 1)"
    func counts(_ side: Term) throws(JumpProcessError) -> [Int: Int] {
      guard let amounts = side.amounts else {
        throw .network(
          "\(network.name): reaction \(name) takes or makes something else than a sum of species, each "
            + "times a whole number")
      }
      return Dictionary(uniqueKeysWithValues: amounts.map { (places[$0.name] ?? -1, $1) })
    }
    let rate: ReactionNetwork.Rate =
      switch self.rate {
      case .massAction(let term): .massAction(term.expression(places))
      case .law(let term): .law(term.expression(places))
      }
    network.reactions.append(
      .init(name, consumed: try counts(change.taken), produced: try counts(change.made), rate: rate)
    )
  }
}

/// A species or parameter that always equals a formula; it stands behind the rules it reads.
public struct Rule: NetworkPart, Sendable {
  private let target, value: Term

  public init(_ target: Term, equals value: Term) { (self.target, self.value) = (target, value) }

  public var terms: [Term] { [target, value] }

  public func add(
    to network: inout ReactionNetwork, _ places: [String: Int]
  ) throws(JumpProcessError) {
    network.rules.append(try Event.assignment(of: value, to: target, network.name, places))
  }
}

/// A quantity that changes all the time, `dx/dt` = formula; no reaction changes it.
public struct RateRule: NetworkPart, Sendable {
  private let target, slope: Term

  public init(_ target: Term, gains slope: Term) { (self.target, self.slope) = (target, slope) }

  public var terms: [Term] { [target, slope] }

  public func add(
    to network: inout ReactionNetwork, _ places: [String: Int]
  ) throws(JumpProcessError) {
    network.rateRules.append(try Event.assignment(of: slope, to: target, network.name, places))
  }
}

/// Assignments at the moment in which a condition becomes true, or some time after.
///
/// ```swift
/// Event("wash", when: .time >= 10, set: (drug, to: 0))
/// Event("fire", when: drug >= 5, after: 2, unlessUndone: true, set: (alarm, to: 1))
/// ```
public struct Event: NetworkPart, Sendable {
  private let name: String
  private let condition: Term
  private let delay, priority: Term?
  private let isCancelled: Bool
  private let assignments: [(target: Term, value: Term)]

  /// - Parameters:
  ///   - delay: the time from the condition to the assignments, whose values are those of the
  ///     condition's moment.
  ///   - priority: of events at one time the one with the larger number is first.
  ///   - isCancelled: whether nothing is set where the condition is false again before the delay is
  ///     over.
  public init(
    _ name: String, when condition: Term, after delay: Term? = nil, priority: Term? = nil,
    unlessUndone isCancelled: Bool = false, set assignments: (Term, to: Term)...
  ) {
    (self.name, self.condition) = (name, condition)
    (self.delay, self.priority, self.isCancelled) = (delay, priority, isCancelled)
    self.assignments = assignments.map { (target: $0.0, value: $0.to) }
  }

  public var terms: [Term] {
    [condition] + [delay, priority].compactMap { $0 }
      + assignments.flatMap { [$0.target, $0.value] }
  }

  public func add(
    to network: inout ReactionNetwork, _ places: [String: Int]
  ) throws(JumpProcessError) {
    var all: [ReactionNetwork.Assignment] = []
    for (target, value) in assignments {
      all.append(try Self.assignment(of: value, to: target, network.name, places))
    }
    var event = ReactionNetwork.Event(name, when: condition.expression(places), all)
    event.delay = delay?.expression(places)
    event.priority = priority?.expression(places)
    event.isPersistent = !isCancelled
    network.events.append(event)
  }

  fileprivate static func assignment(
    of value: Term, to target: Term, _ network: String, _ places: [String: Int]
  ) throws(JumpProcessError) -> ReactionNetwork.Assignment {
    guard case .quantity(let quantity) = target, let place = places[quantity.name] else {
      throw .network("\(network): a rule or an event sets something else than one quantity")
    }
    return .init(place, value.expression(places))
  }
}

/// Puts the parts of a network's block together.
@resultBuilder
public enum NetworkBuilder {
  public static func buildExpression(_ part: some NetworkPart) -> [any NetworkPart] { [part] }
  public static func buildBlock(_ parts: [any NetworkPart]...) -> [any NetworkPart] {
    parts.flatMap { $0 }
  }
  public static func buildArray(_ parts: [[any NetworkPart]]) -> [any NetworkPart] {
    parts.flatMap { $0 }
  }
  public static func buildOptional(_ parts: [any NetworkPart]?) -> [any NetworkPart] { parts ?? [] }
  public static func buildEither(first: [any NetworkPart]) -> [any NetworkPart] { first }
  public static func buildEither(second: [any NetworkPart]) -> [any NetworkPart] { second }
}

extension ReactionNetwork {
  /// A network written as chemistry.
  ///
  /// ```swift
  /// let prey = Term.species("prey", 1000), predator = Term.species("predator", 1000)
  /// let network = try ReactionNetwork("lotka-volterra") {
  ///   Reaction(prey --> 2 * prey, at: 10)
  ///   Reaction(prey + predator --> 2 * predator, at: 0.01)
  ///   Reaction(predator --> 0, at: 10)
  /// }
  /// ```
  ///
  /// Quantities are in the order in which they appear.
  ///
  /// - Throws: ``JumpProcessError/network(_:)`` where one name stands for two quantities, a side of a
  ///   reaction is no sum of species, or what is set is no quantity.
  public init(
    _ name: String, @NetworkBuilder _ parts: () -> [any NetworkPart]
  ) throws(JumpProcessError) {
    self.init(name)
    let parts = parts()
    var known: [String: Term.Quantity] = [:]
    for quantity in parts.flatMap({ $0.terms.flatMap(\.quantities) }) {
      if let earlier = known[quantity.name] {
        guard earlier == quantity else {
          throw .network("\(name): \(quantity.name) is two quantities, or begins at two values")
        }
        continue
      }
      known[quantity.name] = quantity
      quantities.append(.init(quantity.name, quantity.kind, initial: quantity.initial))
    }
    let places = Dictionary(
      uniqueKeysWithValues: quantities.enumerated().map { ($1.name, $0) })
    for part in parts { try part.add(to: &self, places) }
    try check()
  }

  /// A birth–death process: one species, a birth and a death at rates that read how many there are.
  ///
  /// ```swift
  /// let queue = try ReactionNetwork.birthDeath("queue") { n in (birth: 0.9, death: .apply(.min, [n, 1])) }
  /// ```
  public static func birthDeath(
    _ name: String, species: String = "n", from initial: Double = 0,
    rates: (_ n: Term) -> (birth: Term, death: Term)
  ) throws(JumpProcessError) -> ReactionNetwork {
    let n = Term.species(species, initial)
    let (birth, death) = rates(n)
    return try ReactionNetwork(name) {
      ApusJumpProcesses.Reaction(0 --> n, law: birth, named: "birth")
      ApusJumpProcesses.Reaction(n --> 0, law: death, named: "death")
    }
  }
}
