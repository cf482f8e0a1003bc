import ApusJumpProcesses

/// The text format of reaction networks, a line for each statement.
///
///     # Lotka–Volterra
///     prey = 1000                      a species by use: what it is at time zero
///     k = 0.01                         a parameter
///     prey -> 2 prey @ 10              mass action: the constant times the ways to pick
///     prey + predator -> 2 predator @ k
///     A <-> B @ 1, 2                   forward and back
///     -> U @@ a / (1 + V ^ 2)          the whole rate
///     free := total - bound            a rule: always
///     v' = r - v                       a rate rule: what v gains in a unit of time
///     when time >= 25: prey = 50, k = 1
public enum NetworkText {
  /// The network in the text of a file; errors call it `file`.
  public static func read(_ text: String, file: String, name: String) throws(NetworkFault)
    -> ReactionNetwork
  {
    var reader = NetworkTextReader(file: file, name: name)
    return try reader.read(text)
  }
}

/// Reads lines, first for the names, then for their formulas.
private struct NetworkTextReader {
  static let quantityLimit = 1_000_000
  let file: String
  var network: ReactionNetwork
  private var indices: [String: Int] = [:]
  private var given: Set<Int> = []
  private var ruled: Set<Int> = []
  /// Those of them that a formula gives at every time.
  private var assigned: Set<Int> = []
  private var statements: [Statement] = []

  private struct Statement {
    enum Kind { case value, rule, rateRule, event, reaction }
    var kind: Kind
    var line: Int
    var tokens: Tokens
  }

  init(file: String, name: String) {
    self.file = file
    network = ReactionNetwork(name)
  }

  mutating func read(_ text: String) throws(NetworkFault) -> ReactionNetwork {
    var number = 0
    for line in text.withoutByteOrderMark.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    {
      number += 1
      let tokens = try Tokens(line, line: number, file: file)
      if tokens.next.kind == .end { continue }
      let kind: Statement.Kind =
        if tokens.next.kind == .name("when") {
          .event
        } else if tokens.contains("->") || tokens.contains("<->") {
          .reaction
        } else if tokens.contains(":=") {
          .rule
        } else if tokens.contains("'") { .rateRule } else { .value }
      statements.append(Statement(kind: kind, line: number, tokens: tokens))
    }
    try nameQuantities()
    for statement in statements {
      var tokens = statement.tokens
      switch statement.kind {
      case .value: try readValue(&tokens)
      case .rule: try readRule(&tokens)
      case .rateRule: try readRateRule(&tokens)
      case .event: try readEvent(&tokens, line: statement.line)
      case .reaction: try readReaction(&tokens, line: statement.line)
      }
    }
    guard !network.reactions.isEmpty else {
      throw NetworkFault(file, "expected at least one reaction, such as `A + B -> C @ 0.1`")
    }
    try sortRules()
    do throws(JumpProcessError) {
      try network.check()
    } catch {
      throw NetworkFault(file, error.description)
    }
    return network
  }

  /// Gives each name an index: what a reaction takes or makes is a species.
  private mutating func nameQuantities() throws(NetworkFault) {
    var species: Set<String> = []
    for statement in statements where statement.kind == .reaction {
      var tokens = statement.tokens
      _ = try Self.side(&tokens) { species.insert($0) }
      guard tokens.takes("->") || tokens.takes("<->") else {
        throw tokens.fault("expected '+', '->' or '<->'")
      }
      _ = try Self.side(&tokens) { species.insert($0) }
    }
    var valued: Set<String> = []
    for statement in statements {
      var tokens = statement.tokens
      switch statement.kind {
      case .value, .rule, .rateRule:
        let (name, column) = try tokens.takeName("a name, `->` or `when`")
        if tokens.next.kind == .symbol("=>") { throw tokens.fault("expected '->'") }
        let isFirst = statement.kind == .rateRule || valued.insert(name).inserted
        guard isFirst || statement.kind == .rule else {
          throw tokens.fault("\(name) has a value already", at: column)
        }
        guard name != "time" else { throw tokens.fault("time is the time itself", at: column) }
        add(name, species.contains(name) ? .species : .parameter)
      case .reaction:
        var names: [String] = []
        _ = try Self.side(&tokens) { names.append($0) }
        _ = tokens.take()
        _ = try Self.side(&tokens) { names.append($0) }
        for name in names { add(name, .species) }
      case .event: break
      }
    }
    guard network.quantities.count <= Self.quantityLimit else {
      throw NetworkFault(file, "expected at most \(Self.quantityLimit) names")
    }
  }

  private mutating func add(_ name: String, _ kind: ReactionNetwork.Quantity.Kind) {
    guard indices[name] == nil else { return }
    indices[name] = network.quantities.count
    network.quantities.append(.init(name, kind, initial: 0))
  }

  private var expressions: ExpressionReader {
    let indices = indices
    return ExpressionReader { indices[$0] }
  }

  private func end(_ tokens: Tokens) throws(NetworkFault) {
    guard tokens.next.kind == .end else { throw tokens.fault("expected the end of the line") }
  }

  private mutating func readValue(_ tokens: inout Tokens) throws(NetworkFault) {
    let (name, _) = try tokens.takeName("a name")
    guard tokens.takes("=") else { throw tokens.fault("expected '=', ':=' or '->'") }
    let column = tokens.next.column
    let expression = try expressions.read(&tokens)
    try end(tokens)
    guard let index = indices[name] else { return }
    for read in expression.quantities where !given.contains(read) {
      throw tokens.fault(
        "\(network.quantities[read].name) has no value yet; give it one on an earlier line",
        at: column)
    }
    if let read = expression.quantities.first(where: assigned.contains) {
      throw tokens.fault(
        "\(network.quantities[read].name) is given by a rule and has no number of its own; expected its "
          + "formula here", at: column)
    }
    let value = expression.replacing { .number(network.quantities[$0].initial) }.folded
    guard !expression.readsTime, case .number(let number) = value, number.isFinite else {
      throw tokens.fault("expected a finite number for \(name)", at: column)
    }
    if network.quantities[index].kind == .species, number < 0 || number.rounded() != number {
      throw tokens.fault(
        "\(name) is a species: expected a whole number of at least 0, got \(number)", at: column)
    }
    network.quantities[index].initial = number
    given.insert(index)
  }

  private mutating func readRule(_ tokens: inout Tokens) throws(NetworkFault) {
    let (name, column) = try tokens.takeName("a name")
    guard tokens.takes(":=") else { throw tokens.fault("expected ':='") }
    let expression = try expressions.read(&tokens)
    try end(tokens)
    guard let index = indices[name] else { return }
    guard network.quantities[index].kind != .species, !given.contains(index) else {
      throw tokens.fault("\(name) is changed by reactions or has a value already", at: column)
    }
    given.insert(index)
    ruled.insert(index)
    assigned.insert(index)
    network.rules.append(.init(index, expression))
  }

  /// `x' = formula`: what `x`, which is no species of a reaction, gains in a unit of time.
  private mutating func readRateRule(_ tokens: inout Tokens) throws(NetworkFault) {
    let (name, column) = try tokens.takeName("a name")
    guard tokens.takes("'"), tokens.takes("=") else { throw tokens.fault("expected ' and '='") }
    let expression = try expressions.read(&tokens)
    try end(tokens)
    guard let index = indices[name] else { return }
    guard network.quantities[index].kind != .species else {
      throw tokens.fault("\(name) is changed by reactions", at: column)
    }
    guard given.contains(index) else {
      throw tokens.fault(
        "\(name) has no value at time zero yet; write `\(name) = …` on an earlier line", at: column)
    }
    guard ruled.insert(index).inserted else {
      throw tokens.fault("\(name) has two rules", at: column)
    }
    network.rateRules.append(.init(index, expression))
  }

  private mutating func readEvent(_ tokens: inout Tokens, line: Int) throws(NetworkFault) {
    _ = tokens.take()
    let trigger = try expressions.read(&tokens)
    guard tokens.takes(":") else { throw tokens.fault("expected ':'") }
    var assignments: [ReactionNetwork.Assignment] = []
    repeat {
      let (name, column) = try tokens.takeName("a name to assign to")
      guard let index = indices[name] else {
        throw tokens.fault("there is no \(name)", at: column)
      }
      guard tokens.takes("=") else { throw tokens.fault("expected '='") }
      assignments.append(.init(index, try expressions.read(&tokens)))
    } while tokens.takes(",")
    try end(tokens)
    network.events.append(.init("of line \(line)", when: trigger, assignments))
  }

  /// Reads one side of a reaction: `2 A + B`, or nothing.
  private static func side(
    _ tokens: inout Tokens, _ found: (String) -> Void
  ) throws(NetworkFault) -> [(name: String, count: Int)] {
    var terms: [(name: String, count: Int)] = []
    while true {
      var count = 1
      if case .number(let value) = tokens.next.kind {
        guard value == value.rounded(), 0...1000 ~= value else {
          throw tokens.fault("expected a whole number from 0 to 1000")
        }
        count = Int(value)
        _ = tokens.take()
        // `0` alone is an empty side.
        if count == 0, terms.isEmpty {
          if case .symbol = tokens.next.kind { return [] }
        }
      } else if terms.isEmpty {
        guard case .name = tokens.next.kind else { return [] }
      }
      let (name, column) = try tokens.takeName("the name of a species")
      guard name != "time" else { throw tokens.fault("time is the time itself", at: column) }
      found(name)
      if count > 0 { terms.append((name, count)) }
      guard tokens.takes("+") else { return terms }
    }
  }

  private func amounts(_ terms: [(name: String, count: Int)]) -> [Int: Int] {
    terms.reduce(into: [:]) { result, term in
      if let index = indices[term.name] { result[index, default: 0] += term.count }
    }
  }

  private mutating func readReaction(_ tokens: inout Tokens, line: Int) throws(NetworkFault) {
    let consumed = amounts(try Self.side(&tokens) { _ in })
    let isReversible = tokens.contains("<->")
    _ = tokens.take()
    let produced = amounts(try Self.side(&tokens) { _ in })
    let isLaw = tokens.takes("@@")
    guard isLaw || tokens.takes("@") else { throw tokens.fault("expected '@' or '@@' and a rate") }
    let forward = try rate(&tokens, isLaw: isLaw)
    let name = "the reaction of line \(line)"
    network.reactions.append(
      .init(name, consumed: consumed, produced: produced, rate: forward))
    if isReversible {
      guard tokens.takes(",") else { throw tokens.fault("expected ',' and the rate back") }
      let back = try rate(&tokens, isLaw: isLaw)
      network.reactions.append(
        .init(name + ", back", consumed: produced, produced: consumed, rate: back))
    }
    try end(tokens)
  }

  private func rate(
    _ tokens: inout Tokens, isLaw: Bool
  ) throws(NetworkFault) -> ReactionNetwork.Rate {
    let column = tokens.next.column
    let expression = try expressions.read(&tokens)
    if isLaw { return .law(expression) }
    let moving = expression.quantities.first { network.quantities[$0].kind == .species }
    if let moving {
      throw tokens.fault(
        "a constant of mass action may not read the amount of "
          + "\(network.quantities[moving].name); write `@@` where the formula is the whole rate",
        at: column)
    }
    return .massAction(expression)
  }

  /// Puts each rule after those it reads.
  private mutating func sortRules() throws(NetworkFault) {
    do throws(RuleOrder.Circle) {
      network.rules = try RuleOrder.sorted(network.rules)
    } catch {
      throw NetworkFault(file, "the rules (`:=`) \(error.text(in: network))")
    }
  }
}
