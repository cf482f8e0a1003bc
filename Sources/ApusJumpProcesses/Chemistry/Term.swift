/// A formula of species, parameters and the time by their names, as a network's block is written
/// with.
///
/// ```swift
/// let prey = Term.species("prey", 1000)
/// let k = Term.parameter("k", 10)
/// let rate = k * prey / (1 + prey)
/// ```
public indirect enum Term: Sendable, Hashable {
  case number(Double)
  case quantity(Quantity)
  case time
  case apply(ModelExpression.Function, [Term])

  /// What has a value of its own: a species, a parameter or a compartment.
  public struct Quantity: Sendable, Hashable {
    public var name: String
    public var kind: ReactionNetwork.Quantity.Kind
    /// Its value at time zero.
    public var initial: Double
  }

  /// A kind of thing that reactions take and make; `initial` of them at time zero.
  public static func species(_ name: String, _ initial: Double = 0) -> Term {
    .quantity(.init(name: name, kind: .species, initial: initial))
  }

  /// A constant that rates read, or what a ``Rule`` or an ``Event`` sets.
  public static func parameter(_ name: String, _ value: Double) -> Term {
    .quantity(.init(name: name, kind: .parameter, initial: value))
  }

  /// A volume that rates read.
  public static func compartment(_ name: String, _ size: Double) -> Term {
    .quantity(.init(name: name, kind: .compartment, initial: size))
  }

  /// The quantities in it, from left to right.
  var quantities: [Quantity] {
    switch self {
    case .number, .time: []
    case .quantity(let quantity): [quantity]
    case .apply(_, let parts): parts.flatMap(\.quantities)
    }
  }

  /// The formula over the quantities of a network.
  func expression(_ places: [String: Int]) -> ModelExpression {
    switch self {
    case .number(let value): .number(value)
    case .time: .time
    case .quantity(let quantity): .quantity(places[quantity.name] ?? -1)
    case .apply(let function, let parts): .apply(function, parts.map { $0.expression(places) })
    }
  }

  /// How many of each species a side of a reaction has, or nil where it is no such sum.
  var amounts: [Quantity: Int]? {
    switch self {
    case .number(0): [:]
    case .quantity(let quantity) where quantity.kind == .species: [quantity: 1]
    case .apply(.multiply, let parts) where parts.count == 2:
      Self.multiple(parts[0], parts[1]) ?? Self.multiple(parts[1], parts[0])
    case .apply(.add, let parts):
      parts.reduce([:]) { sum, part in
        guard let sum, let more = part.amounts else { return nil }
        return sum.merging(more, uniquingKeysWith: +)
      }
    default: nil
    }
  }

  private static func multiple(_ count: Term, _ species: Term) -> [Quantity: Int]? {
    guard case .number(let count) = count, case .quantity(let quantity) = species,
      quantity.kind == .species, let whole = Int(exactly: count)
    else { return nil }
    return [quantity: whole]
  }
}

extension Term: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
}

extension Term {
  /// The sum of both.
  public static func + (a: Term, b: Term) -> Term { .apply(.add, [a, b]) }
  /// The difference of both.
  public static func - (a: Term, b: Term) -> Term { .apply(.subtract, [a, b]) }
  /// The product of both.
  public static func * (a: Term, b: Term) -> Term { .apply(.multiply, [a, b]) }
  /// The quotient of both.
  public static func / (a: Term, b: Term) -> Term { .apply(.divide, [a, b]) }
  /// 1 where the first is less, otherwise 0.
  public static func < (a: Term, b: Term) -> Term { .apply(.less, [a, b]) }
  /// 1 where the first is not less, otherwise 0.
  public static func >= (a: Term, b: Term) -> Term { .apply(.greaterOrEqual, [a, b]) }

  /// 1 where the first is greater, otherwise 0.
  public static func > (a: Term, b: Term) -> Term { .apply(.greater, [a, b]) }
  /// 1 where the first is not greater, otherwise 0.
  public static func <= (a: Term, b: Term) -> Term { .apply(.lessOrEqual, [a, b]) }
  /// 1 where neither is 0, otherwise 0.
  public static func && (a: Term, b: Term) -> Term { .apply(.and, [a, b]) }
  /// 1 where one or both are not 0, otherwise 0.
  public static func || (a: Term, b: Term) -> Term { .apply(.or, [a, b]) }
  /// 1 where it is 0, otherwise 0.
  public static prefix func ! (a: Term) -> Term { .apply(.not, [a]) }
  /// The number with the other sign.
  public static prefix func - (a: Term) -> Term { .apply(.negate, [a]) }

  /// The power of it.
  public func raised(to power: Term) -> Term { .apply(.power, [self, power]) }
}

infix operator --> : ComparisonPrecedence

/// What a reaction takes and what it makes, such as `prey + predator --> 2 * predator`; `0` is
/// nothing.
public func --> (taken: Term, made: Term) -> Reaction.Change { .init(taken: taken, made: made) }
