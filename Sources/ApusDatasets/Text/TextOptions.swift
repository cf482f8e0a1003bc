/// How running text becomes tokens and sentences.
public struct TextOptions: Sendable, Hashable, Codable {
  public var tokens: Tokens
  public var sentences: Sentences
  /// Whether capital letters become small ones.
  public var lowercases: Bool
  /// The normal form of Unicode that tokens are brought to; nil leaves them as they are.
  public var normalization: Normalization?

  /// What a token is.
  public enum Tokens: String, Sendable, Hashable, Codable, CaseIterable {
    /// Runs of letters and digits, with single apostrophes inside; everything else divides.
    case words
    /// What stands between blanks, for text that is tokenized already.
    case blanks
    /// As `words`, but each Han character is a token of its own.
    case characters
    /// As `words`, but runs of Chinese and Japanese are cut into words by ICU's dictionary.
    case segments
  }

  /// A normal form (Unicode Standard Annex 15).
  public enum Normalization: String, Sendable, Hashable, Codable, CaseIterable {
    /// Canonical composition: an e and an accent become one character.
    case nfc
    /// Compatibility composition: wide letters and ligatures become plain ones too.
    case nfkc
  }

  /// What a sentence is.
  public enum Sentences: String, Sendable, Hashable, Codable, CaseIterable {
    /// A line.
    case lines
    /// Lines up to an empty one.
    case blocks
  }

  public init(
    tokens: Tokens = .words, sentences: Sentences = .lines, lowercases: Bool = true,
    normalization: Normalization? = nil
  ) {
    self.tokens = tokens
    self.sentences = sentences
    self.lowercases = lowercases
    self.normalization = normalization
  }
}
