/// A species of a network that is written down in Swift.
public struct Species: Sendable, Hashable, ReactionSide {
  public let name: String
  /// The amount at time zero.
  public let initial: Double
  /// Whether reactions leave its amount as it is.
  public let isHeldByBoundary: Bool

  public init(_ name: String, initial: Int = 0, isHeldByBoundary: Bool = false) {
    self.name = name
    self.initial = Double(initial)
    self.isHeldByBoundary = isHeldByBoundary
  }

  /// Its amount, for laws.
  public var amount: RateFormula {
    RateFormula([.init(name, .species, initial: initial, isHeldByBoundary: isHeldByBoundary)])
  }

  public var terms: [ReactionTerm] { [ReactionTerm(species: self, count: 1)] }
}

/// One side of a reaction: `A + 2 * B`.
public protocol ReactionSide: Sendable {
  var terms: [ReactionTerm] { get }
}

/// A species and how many of it.
public struct ReactionTerm: Sendable, Hashable {
  public let species: Species
  public let count: Int
}

/// Several species.
public struct Mixture: ReactionSide, Hashable {
  public let terms: [ReactionTerm]
}

/// No species: what immigrates comes from it, what decays goes into it.
public struct Nothing: ReactionSide {
  public var terms: [ReactionTerm] { [] }

  public init() {}
}

extension ReactionSide {
  /// Both sides together.
  public static func + (a: Self, b: some ReactionSide) -> Mixture {
    Mixture(terms: a.terms + b.terms)
  }
}

/// So many of a species.
public func * (count: Int, species: Species) -> Mixture {
  Mixture(terms: [ReactionTerm(species: species, count: count)])
}

/// A constant, or a law, in the terms of a network that is written down in Swift.
public struct RateFormula: Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// What it reads; `expression` counts these.
  let quantities: [ReactionNetwork.Quantity]
  let expression: Expression

  init(_ quantities: [ReactionNetwork.Quantity], _ expression: Expression = .quantity(0)) {
    self.quantities = quantities
    self.expression = expression
  }

  public init(floatLiteral value: Double) { self.init([], .number(value)) }
  public init(integerLiteral value: Int) { self.init([], .number(Double(value))) }

  /// A named constant.
  public static func parameter(_ name: String, _ value: Double) -> RateFormula {
    RateFormula([.init(name, .parameter, initial: value)])
  }

  /// The time of the process.
  public static var time: RateFormula { RateFormula([], .time) }

  /// A function of some formulas.
  public static func apply(
    _ function: Expression.Function, _ arguments: RateFormula...
  ) -> RateFormula {
    var quantities: [ReactionNetwork.Quantity] = []
    var expressions: [Expression] = []
    for argument in arguments {
      let shift = quantities.count
      expressions.append(argument.expression.replacing { .quantity($0 + shift) })
      quantities += argument.quantities
    }
    return RateFormula(quantities, .apply(function, expressions))
  }

  /// The sum of both.
  public static func + (a: RateFormula, b: RateFormula) -> RateFormula { .apply(.add, a, b) }
  /// The difference of both.
  public static func - (a: RateFormula, b: RateFormula) -> RateFormula { .apply(.subtract, a, b) }
  /// The product of both.
  public static func * (a: RateFormula, b: RateFormula) -> RateFormula { .apply(.multiply, a, b) }
  /// The quotient of both.
  public static func / (a: RateFormula, b: RateFormula) -> RateFormula { .apply(.divide, a, b) }
}

/// The whole propensity of a reaction, in place of a constant of mass action.
public struct Law: Sendable {
  let formula: RateFormula

  public init(_ formula: RateFormula) { self.formula = formula }
}

precedencegroup ReactionArrowPrecedence {
  lowerThan: AdditionPrecedence
  higherThan: ComparisonPrecedence
}

infix operator --> : ReactionArrowPrecedence

/// What a reaction makes, and how fast.
public struct RatedSide: Sendable {
  let side: Mixture
  let formula: RateFormula
  let isLaw: Bool
}

/// What is made, at a constant of mass action.
public func | (side: some ReactionSide, constant: RateFormula) -> RatedSide {
  RatedSide(side: Mixture(terms: side.terms), formula: constant, isLaw: false)
}

/// What is made, with a law as propensity.
public func | (side: some ReactionSide, law: Law) -> RatedSide {
  RatedSide(side: Mixture(terms: side.terms), formula: law.formula, isLaw: true)
}

/// A reaction of a network that is written down in Swift.
public struct WrittenReaction: Sendable {
  let consumed: Mixture
  let produced: RatedSide
}

/// A reaction: `A + B --> C | k`.
public func --> (consumed: some ReactionSide, produced: RatedSide) -> WrittenReaction {
  WrittenReaction(consumed: Mixture(terms: consumed.terms), produced: produced)
}

/// Collects the reactions of a ``ReactionNetwork``; loops and conditions are allowed.
@resultBuilder
public enum ReactionBuilder {
  public static func buildExpression(_ reaction: WrittenReaction) -> [WrittenReaction] {
    [reaction]
  }
  public static func buildBlock(_ parts: [WrittenReaction]...) -> [WrittenReaction] {
    parts.flatMap { $0 }
  }
  public static func buildArray(_ parts: [[WrittenReaction]]) -> [WrittenReaction] {
    parts.flatMap { $0 }
  }
  public static func buildOptional(_ part: [WrittenReaction]?) -> [WrittenReaction] { part ?? [] }
  public static func buildEither(first part: [WrittenReaction]) -> [WrittenReaction] { part }
  public static func buildEither(second part: [WrittenReaction]) -> [WrittenReaction] { part }
}

extension ReactionNetwork {
  /// A network as chemistry is written.
  ///
  /// ```swift
  /// let (monomer, dimer) = (Species("P", initial: 100), Species("P2"))
  /// let network = try ReactionNetwork("dimerization") {
  ///   2 * monomer --> dimer | .parameter("bind", 0.001)
  ///   dimer --> 2 * monomer | 0.01
  /// }
  /// ```
  ///
  /// - Throws: ``JumpProcessError/network(_:)`` where one name stands for two things.
  public init(
    _ name: String, @ReactionBuilder _ reactions: () -> [WrittenReaction]
  ) throws(JumpProcessError) {
    self.init(name)
    for reaction in reactions() { try add(reaction) }
    try check()
  }

  /// One species that is made at a law and lost at another: `births` and `deaths` are whole
  /// propensities.
  public static func birthDeath(
    _ species: Species, births: RateFormula, deaths: RateFormula
  ) throws(JumpProcessError) -> ReactionNetwork {
    try ReactionNetwork("birth-death of \(species.name)") {
      Nothing() --> species | Law(births)
      species --> Nothing() | Law(deaths)
    }
  }

  private mutating func add(_ reaction: WrittenReaction) throws(JumpProcessError) {
    let consumed = try amounts(reaction.consumed)
    let produced = try amounts(reaction.produced.side)
    let formula = reaction.produced.formula
    var places: [Int] = []
    for quantity in formula.quantities { places.append(try place(of: quantity)) }
    let expression = formula.expression.replacing { .quantity(places[$0]) }
    reactions.append(
      Reaction(
        "\(text(consumed)) -> \(text(produced))", consumed: consumed, produced: produced,
        rate: reaction.produced.isLaw ? .law(expression) : .massAction(expression)))
  }

  private mutating func amounts(_ side: Mixture) throws(JumpProcessError) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for term in side.terms {
      let species = term.species
      let index = try place(
        of: .init(
          species.name, .species, initial: species.initial,
          isHeldByBoundary: species.isHeldByBoundary))
      result[index, default: 0] += term.count
    }
    return result
  }

  /// The index of a quantity, which is added where it is not there yet.
  private mutating func place(of quantity: Quantity) throws(JumpProcessError) -> Int {
    guard let index = index(of: quantity.name) else {
      quantities.append(quantity)
      return quantities.count - 1
    }
    guard quantities[index] == quantity else {
      throw .network(
        "\(name): \(quantity.name) is \(quantities[index].initial) in one place and "
          + "\(quantity.initial) in another, or not of one kind")
    }
    return index
  }

  private func text(_ amounts: [Int: Int]) -> String {
    amounts.sorted { $0.key < $1.key }.map {
      $0.value == 1 ? quantities[$0.key].name : "\($0.value) \(quantities[$0.key].name)"
    }.joined(separator: " + ")
  }
}
