import ApusJumpProcesses

/// Reads the formulas of the text format: `a / (1 + (V / K) ^ n)`.
struct ExpressionReader {
  private static let depthLimit = 100
  private static let turnLimit = 300
  /// The quantity of a name.
  let resolve: (String) -> Int?

  private static let levels: [[String]] = [
    ["||"], ["&&"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/"],
  ]

  /// Reads the formula at the next word.
  func read(_ tokens: inout Tokens) throws(NetworkFault) -> ModelExpression {
    try chain(&tokens, level: 0, depth: 0)
  }

  private func chain(
    _ tokens: inout Tokens, level: Int, depth: Int
  ) throws(NetworkFault) -> ModelExpression {
    guard depth < Self.depthLimit else {
      throw tokens.fault("expected at most \(Self.depthLimit) levels of parentheses")
    }
    guard level < Self.levels.count else { return try signed(&tokens, depth: depth) }
    var result = try chain(&tokens, level: level + 1, depth: depth)
    while case .symbol(let symbol) = tokens.next.kind, Self.levels[level].contains(symbol),
      let function = ModelExpression.Function(rawValue: symbol)
    {
      _ = tokens.take()
      var arguments = [result]
      var isRun = false
      // `a + b + c` is one sum, so that long ones are not deep.
      repeat {
        arguments.append(try chain(&tokens, level: level + 1, depth: depth))
        isRun = Self.takesMany.contains(symbol) && tokens.takes(symbol)
      } while isRun
      result = .apply(function, arguments)
      tokens.turns += 1
      guard tokens.turns <= Self.turnLimit else {
        throw tokens.fault("expected at most \(Self.turnLimit) changes from one sign to another")
      }
    }
    return result
  }

  private static let takesMany: Set<String> = ["+", "*", "&&", "||"]

  private func signed(_ tokens: inout Tokens, depth: Int) throws(NetworkFault) -> ModelExpression {
    guard depth < Self.depthLimit else {
      throw tokens.fault("expected at most \(Self.depthLimit) levels")
    }
    if tokens.takes("-") { return .apply(.negate, [try signed(&tokens, depth: depth + 1)]) }
    if tokens.takes("+") { return try signed(&tokens, depth: depth + 1) }
    if tokens.takes("!") { return .apply(.not, [try signed(&tokens, depth: depth + 1)]) }
    let base = try atom(&tokens, depth: depth)
    guard tokens.takes("^") else { return base }
    return .apply(.power, [base, try signed(&tokens, depth: depth + 1)])
  }

  private func atom(_ tokens: inout Tokens, depth: Int) throws(NetworkFault) -> ModelExpression {
    let token = tokens.next
    switch token.kind {
    case .number(let value):
      _ = tokens.take()
      return .number(value)
    case .name(let name):
      _ = tokens.take()
      if tokens.takes("(") {
        return try call(name, column: token.column, &tokens, depth: depth)
      }
      if name == "time" { return .time }
      guard let index = resolve(name) else {
        throw tokens.fault(
          "\(name) is neither a species nor given a value; write `\(name) = …` on a line of its own",
          at: token.column)
      }
      return .quantity(index)
    case .symbol("("):
      _ = tokens.take()
      let inner = try chain(&tokens, level: 0, depth: depth + 1)
      guard tokens.takes(")") else { throw tokens.fault("expected ')'") }
      return inner
    default: throw tokens.fault("expected a number, a name or '('")
    }
  }

  private func call(
    _ name: String, column: Int, _ tokens: inout Tokens, depth: Int
  ) throws(NetworkFault) -> ModelExpression {
    let signs = Set(Self.levels.joined() + ["^", "!"])
    guard let function = ModelExpression.Function(rawValue: name), !signs.contains(name) else {
      throw tokens.fault("there is no function \(name)", at: column)
    }
    var arguments: [ModelExpression] = []
    repeat {
      arguments.append(try chain(&tokens, level: 0, depth: depth + 1))
    } while tokens.takes(",")
    guard tokens.takes(")") else { throw tokens.fault("expected ',' or ')'") }
    guard function.arity.contains(arguments.count) else {
      throw tokens.fault(
        "\(name) takes another number of arguments than \(arguments.count)", at: column)
    }
    return .apply(function, arguments)
  }
}
