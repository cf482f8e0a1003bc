/// Why word vectors cannot be trained or used, in one sentence.
public struct WordVectorError: Error, Sendable, Hashable, CustomStringConvertible {
  public let reason: Reason
  public let description: String

  /// What was wrong, for tests and programs to match.
  public enum Reason: Sendable, Hashable {
    /// The text holds no words, or none that come often enough.
    case emptyVocabulary
    /// More faults of UTF-8 than words.
    case noText
    /// No sentence has two words of the vocabulary, so nothing has a context.
    case noPairs
    /// A word has no vector.
    case unknownWord(String)
    /// A setting has no meaning, alone or with others.
    case setting
    /// The system refused.
    case system
  }

  /// An error with the whole sentence a person reads.
  public init(_ reason: Reason, _ sentence: String) {
    self.reason = reason
    description = sentence
  }
}
