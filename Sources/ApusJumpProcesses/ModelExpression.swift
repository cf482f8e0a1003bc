/// A formula over the quantities of a network and the time.
public indirect enum ModelExpression: Sendable, Hashable {
  case number(Double)
  /// The quantity of this index in ``ReactionNetwork/quantities``.
  case quantity(Int)
  /// The time of the process.
  case time
  case apply(Function, [ModelExpression])

  /// What a formula can do with numbers; truth is 1, falsehood 0.
  public enum Function: String, Sendable, Hashable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case negate
    case multiply = "*"
    case divide = "/"
    case power = "^"
    case exp, ln, log10, sqrt, abs, floor, ceil, factorial
    case sin, cos, tan, arcsin, arccos, arctan, sinh, cosh, tanh
    case min, max
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case unequal = "!="
    case and = "&&"
    case or = "||"
    case xor
    case not = "!"
    /// `piecewise(v₁, c₁, v₂, c₂, …, otherwise)`: the first value whose condition holds.
    case piecewise
  }

  /// The sum of both.
  public static func + (a: ModelExpression, b: ModelExpression) -> ModelExpression {
    .apply(.add, [a, b])
  }
  /// The difference of both.
  public static func - (a: ModelExpression, b: ModelExpression) -> ModelExpression {
    .apply(.subtract, [a, b])
  }
  /// The product of both.
  public static func * (a: ModelExpression, b: ModelExpression) -> ModelExpression {
    .apply(.multiply, [a, b])
  }
  /// The quotient of both.
  public static func / (a: ModelExpression, b: ModelExpression) -> ModelExpression {
    .apply(.divide, [a, b])
  }
}

extension ModelExpression: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
}

extension ModelExpression.Function {
  /// How many arguments it takes.
  package var arity: ClosedRange<Int> {
    switch self {
    case .add, .multiply, .and, .or, .xor: 0...1_000_000
    case .min, .max, .piecewise: 1...1_000_000
    case .subtract, .divide, .power, .less, .lessOrEqual, .greater, .greaterOrEqual, .equal,
      .unequal:
      2...2
    default: 1...1
    }
  }
}

extension ModelExpression {
  /// The quantities it reads.
  package var quantities: Set<Int> {
    switch self {
    case .number, .time: []
    case .quantity(let index): [index]
    case .apply(_, let arguments):
      arguments.reduce(into: []) { $0.formUnion($1.quantities) }
    }
  }

  /// Whether it reads the time.
  package var readsTime: Bool {
    switch self {
    case .time: true
    case .number, .quantity: false
    case .apply(_, let arguments): arguments.contains { $0.readsTime }
    }
  }

  /// The formula with other formulas in place of some quantities.
  package func replacing(_ replacement: (Int) -> ModelExpression?) -> ModelExpression {
    switch self {
    case .number, .time: self
    case .quantity(let index): replacement(index) ?? self
    case .apply(let function, let arguments):
      .apply(function, arguments.map { $0.replacing(replacement) })
    }
  }

  /// The formula with every part that is constant replaced by its number.
  package var folded: ModelExpression {
    guard case .apply(let function, let arguments) = self else { return self }
    let parts = arguments.map(\.folded)
    let isConstant = parts.allSatisfy { if case .number = $0 { true } else { false } }
    let result = ModelExpression.apply(function, parts)
    guard isConstant else { return result }
    return .number(Formula(result).value(of: [], time: 0))
  }

  /// Its number where it is constant.
  package var constant: Double? {
    if case .number(let value) = folded { value } else { nil }
  }
}
