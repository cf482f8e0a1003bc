import ApusWordVectors

/// What happens while word vectors are trained.
public enum WordsEvent: Sendable {
  /// Something a person should know.
  case notice(String)
  /// The text is being read; so many tokens so far.
  case reading(tokens: Int)
  /// The text was read.
  case vocabulary(words: Int, facts: CorpusFacts, seconds: Double)
  /// Training goes on.
  case step(WordsProgress)
  /// An epoch is whole.
  case epoch(WordsProgress)
}

/// How training goes.
public struct WordsProgress: Sendable {
  public var words: WordProgress
  public var totalEpochs: Int
  /// Tokens of the text a second, since training began.
  public var wordsPerSecond: Double
  public var seconds: Double
  /// Seconds that are left at that speed; nil before the first piece.
  public var secondsLeft: Double?
}
