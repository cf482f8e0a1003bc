/// How running text becomes tokens and sentences.
public struct TextOptions: Sendable, Hashable, Codable {
  public var tokens: Tokens
  public var sentences: Sentences
  /// Whether capital letters become small ones.
  public var lowercases: Bool

  /// What a token is.
  public enum Tokens: String, Sendable, Hashable, Codable, CaseIterable {
    /// Runs of letters and digits, with single apostrophes inside; everything else divides.
    case words
    /// What stands between blanks, for text that is tokenized already.
    case blanks
    /// As `words`, but each Han character is a token of its own.
    case characters
  }

  /// What a sentence is.
  public enum Sentences: String, Sendable, Hashable, Codable, CaseIterable {
    /// A line.
    case lines
    /// Lines up to an empty one.
    case blocks
  }

  public init(
    tokens: Tokens = .words, sentences: Sentences = .lines, lowercases: Bool = true
  ) {
    self.tokens = tokens
    self.sentences = sentences
    self.lowercases = lowercases
  }
}
