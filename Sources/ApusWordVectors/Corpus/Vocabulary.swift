/// Words with their counts, most frequent first.
public struct Vocabulary: Sendable, Hashable {
  /// The words, each once.
  public let words: [String]
  /// How often each word came in the text.
  public let counts: [Int]
  private let places: [ExactWord: Int]

  /// A vocabulary of different words.
  ///
  /// - Precondition: there is one count for each word.
  public init(words: [String], counts: [Int]) {
    precondition(words.count == counts.count, "one count for each word")
    self.words = words
    self.counts = counts
    places = Dictionary(of: words)
  }

  /// The number of words.
  public var count: Int { words.count }

  /// The place of a word, byte for byte; nil where it is none of them.
  public func index(of word: String) -> Int? { places[ExactWord(word)] }

  /// All occurrences of all words.
  public var total: Int { counts.reduce(0, +) }

  /// For each word the probability that an occurrence stays in the text, `min(1, (√(f/t) + 1)·t/f)`
  /// with the word's share `f` of the text; 1 for all where `threshold` `t` is 0.
  ///
  /// Reference: word2vec.c; Mikolov et al. (2013), arXiv:1310.4546, section 2.3, in a variant.
  package func keepProbabilities(threshold: Double) -> [Double] {
    let total = Double(total)
    return counts.map { count in
      guard threshold > 0, count > 0 else { return 1 }
      let share = Double(count) / total
      return min(1, ((share / threshold).squareRoot() + 1) * threshold / share)
    }
  }
}
