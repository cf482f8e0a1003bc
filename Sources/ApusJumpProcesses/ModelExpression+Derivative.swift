extension ModelExpression {
  /// The derivative by a quantity; nil where the formula has a factorial of it.
  ///
  /// Steps (`floor`, comparisons) count as flat, and a choice has the derivative of what it chooses.
  package func derivative(by index: Int) -> ModelExpression? {
    guard quantities.contains(index) else { return .number(0) }
    switch self {
    case .number, .time: return .number(0)
    case .quantity(let other): return .number(other == index ? 1 : 0)
    case .apply(let function, let arguments):
      var slopes: [ModelExpression] = []
      for argument in arguments {
        guard let slope = argument.derivative(by: index) else { return nil }
        slopes.append(slope)
      }
      return Self.chain(function, arguments, slopes)?.folded.simplified
    }
  }

  private static func chain(
    _ function: Function, _ a: [ModelExpression], _ d: [ModelExpression]
  ) -> ModelExpression? {
    switch function {
    case .add, .subtract, .negate: return .apply(function, d)
    case .multiply:
      return .apply(
        .add,
        a.indices.map { place in
          .apply(.multiply, a.indices.map { $0 == place ? d[$0] : a[$0] })
        })
    case .divide: return (d[0] * a[1] - a[0] * d[1]) / (a[1] * a[1])
    case .power: return power(a, d)
    case .min: return choice(.lessOrEqual, a, d)
    case .max: return choice(.greaterOrEqual, a, d)
    case .piecewise:
      return .apply(.piecewise, a.indices.map { $0 % 2 == 1 ? a[$0] : d[$0] })
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .unequal, .and, .or, .xor, .not,
      .floor, .ceil:
      return .number(0)
    default: return outer(function, a[0]).map { $0 * d[0] }
    }
  }

  private static func power(_ a: [ModelExpression], _ d: [ModelExpression]) -> ModelExpression {
    if let exponent = a[1].constant {
      return .number(exponent) * .apply(.power, [a[0], .number(exponent - 1)]) * d[0]
    }
    // Each part is left out where it is zero: 0ⁿ has slopes though ln 0 and 1/0 are no numbers.
    let byBase = a[1] * .apply(.power, [a[0], a[1] - 1]) * d[0]
    if d[1] == .number(0) { return byBase }
    let whole = ModelExpression.apply(.power, a)
    let isZero = ModelExpression.apply(.equal, [whole, 0])
    let byExponent = ModelExpression.apply(
      .piecewise, [0, isZero, whole * .apply(.ln, [a[0]]) * d[1]])
    return d[0] == .number(0) ? byExponent : byBase + byExponent
  }

  /// The slope of the first argument that is not behind another.
  private static func choice(
    _ comparison: Function, _ a: [ModelExpression], _ d: [ModelExpression]
  ) -> ModelExpression {
    var parts: [ModelExpression] = []
    for place in a.indices.dropLast() {
      let others = a.indices.filter { $0 != place }.map {
        ModelExpression.apply(comparison, [a[place], a[$0]])
      }
      parts += [d[place], .apply(.and, others)]
    }
    return .apply(.piecewise, parts + [d[d.count - 1]])
  }

  /// The derivative of a function of one number.
  private static func outer(_ function: Function, _ x: ModelExpression) -> ModelExpression? {
    func of(_ function: Function) -> ModelExpression { .apply(function, [x]) }
    let square = x * x
    return switch function {
    case .exp: of(.exp)
    case .ln: 1 / x
    case .log10: .number(0.434_294_481_903_251_8) / x
    case .sqrt: .number(0.5) / of(.sqrt)
    case .abs: .apply(.piecewise, [-1, .apply(.less, [x, 0]), 1])
    case .sin: of(.cos)
    case .cos: -1 * of(.sin)
    case .tan: 1 / (of(.cos) * of(.cos))
    case .arcsin: 1 / .apply(.sqrt, [1 - square])
    case .arccos: -1 / .apply(.sqrt, [1 - square])
    case .arctan: 1 / (1 + square)
    case .sinh: of(.cosh)
    case .cosh: of(.sinh)
    case .tanh: 1 / (of(.cosh) * of(.cosh))
    default: nil
    }
  }

  /// Without terms of 0 and factors of 0 or 1.
  private var simplified: ModelExpression {
    guard case .apply(let function, let arguments) = self else { return self }
    let parts = arguments.map(\.simplified)
    switch function {
    case .add:
      let rest = parts.filter { $0 != .number(0) }
      return rest.isEmpty ? .number(0) : rest.count == 1 ? rest[0] : .apply(.add, rest)
    case .multiply:
      if parts.contains(.number(0)) { return .number(0) }
      let rest = parts.filter { $0 != .number(1) }
      return rest.isEmpty ? .number(1) : rest.count == 1 ? rest[0] : .apply(.multiply, rest)
    default: return .apply(function, parts)
    }
  }
}
