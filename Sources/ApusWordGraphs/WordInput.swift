/// A word of a text that is to be predicted, with what may be known of it.
public struct WordExample: Sendable, Hashable {
  /// The sentence as numbers of words.
  public let sentence: [Int32]
  /// Where the word that is predicted stands in the sentence.
  public let place: Int
  /// Where the words of its context stand: all of a window with CBOW, one of them with skip-gram.
  public let context: [Int]
  /// The number of the document that the sentence is from.
  public let document: Int

  public init(sentence: [Int32], place: Int, context: [Int], document: Int) {
    self.sentence = sentence
    self.place = place
    self.context = context
    self.document = document
  }
}

/// One of the things that a word is predicted from: a table of vectors, and which of its rows an example
/// takes.
///
/// A prediction is made from the mean of the rows that all inputs of a model give, from their sum with
/// sampled softmax. ``ContextWords`` alone is word2vec; with ``Documents`` it is PV-DM, ``Documents`` alone
/// is PV-DBOW, ``Subwords`` is fastText. A type of your own brings what else is known of a text.
public protocol WordInput: Sendable {
  /// The name of the table, such as `documents`; no two inputs of a model have the same.
  var name: String { get }
  /// Rows of the table.
  var count: Int { get }
  /// The rows that stand for this input in an example, each in `0 ..< count`; none where it has nothing
  /// to say.
  func rows(of example: WordExample) -> [Int]
}

/// The words around: word2vec's input.
public struct ContextWords: WordInput {
  public let count: Int
  public var name: String { "words" }

  /// One row for each word of a vocabulary.
  public init(count: Int) { self.count = count }

  public func rows(of example: WordExample) -> [Int] {
    example.context.map { Int(example.sentence[$0]) }
  }
}

/// The document that a sentence is from.
///
/// Reference: Le, Mikolov (2014), "Distributed representations of sentences and documents",
/// arXiv:1405.4053.
public struct Documents: WordInput {
  public let count: Int
  public var name: String { "documents" }

  public init(count: Int) { self.count = count }

  public func rows(of example: WordExample) -> [Int] { [example.document] }
}

/// What the user knows of each word of a text: its part of speech, its speaker, its date.
public struct Features: WordInput {
  public let name: String
  public let count: Int
  private let features: @Sendable (WordExample) -> [Int]

  /// - Parameters:
  ///   - count: how many different features there are.
  ///   - features: those of an example, each in `0 ..< count`.
  public init(
    _ name: String = "features", count: Int, of features: @escaping @Sendable (WordExample) -> [Int]
  ) {
    self.name = name
    self.count = count
    self.features = features
  }

  public func rows(of example: WordExample) -> [Int] { features(example) }
}
