import ApusJumpProcesses

/// A condition on the state of a network, such as `X >= 5 && Y == 0`.
public enum ConditionText {
  /// The condition in a text; errors call it `file`.
  public static func read(
    _ text: String, of network: ReactionNetwork, file: String
  ) throws(NetworkFault) -> ModelExpression {
    var tokens = try Tokens(text[...], line: 1, file: file)
    let result = try ExpressionReader { network.index(of: $0) }.read(&tokens)
    guard tokens.next.kind == .end else { throw tokens.fault("expected the end") }
    guard !result.readsTime else {
      throw NetworkFault(file, "expected a condition on amounts, not on the time")
    }
    return result
  }
}
