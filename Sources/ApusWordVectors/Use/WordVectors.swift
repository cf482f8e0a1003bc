import ApusTensors

/// Words with a vector each.
public struct WordVectors: Sendable {
  /// The words, in a trained model's the most frequent first.
  public let words: [String]
  /// `float32 [words, size]`.
  public let vectors: Tensor
  /// How often each word came in the text it was learnt from; nil where that is not known.
  public let counts: [Int]?
  /// How many words of the file they were read from were no UTF-8.
  package private(set) var repairedCount = 0
  private let places: [ExactWord: Int]

  /// Vectors of words; of a word that comes twice the first counts.
  ///
  /// - Throws: ``WordVectorError`` where words and vectors do not fit together.
  public init(words: [String], vectors: Tensor, counts: [Int]? = nil) throws(WordVectorError) {
    guard vectors.dataType == .float32, vectors.shape.extents.count == 2,
      vectors.shape[0] == words.count, counts.map({ $0.count == words.count }) ?? true
    else {
      throw WordVectorError(
        .setting,
        "expected \(words.count) float32 vectors, one for each word, got "
          + "\(vectors.dataType) \(vectors.shape)")
    }
    self.words = words
    self.vectors = vectors
    self.counts = counts
    places = Dictionary(of: words)
  }

  /// Vectors of words that were read from a file.
  init(_ words: RepairedWords, vectors: Tensor) throws(WordVectorError) {
    try self.init(words: words.words, vectors: vectors)
    repairedCount = words.repairedCount
  }

  /// Numbers of a vector.
  public var size: Int { vectors.shape[1] }

  /// The place of a word, byte for byte; nil where it has no vector.
  public func index(of word: String) -> Int? { places[ExactWord(word)] }

  /// The vector of a word.
  ///
  /// - Throws: ``WordVectorError`` where it has none.
  public func vector(of word: String) throws(WordVectorError) -> [Float] {
    vector(at: try place(of: word))
  }

  /// The place of a word.
  ///
  /// A word as it is typed counts first, then in small letters, then one that looks the same (`é` as one
  /// character or as two).
  /// - Throws: ``WordVectorError`` where it has no vector.
  public func place(of word: String) throws(WordVectorError) -> Int {
    guard
      let place = index(of: word) ?? index(of: word.lowercased()) ?? words.firstIndex(of: word)
    else {
      throw WordVectorError(
        .unknownWord(word), "\"\(word)\": has no vector, it is none of the \(words.count) words")
    }
    return place
  }

  /// The vector of the word at a place.
  package func vector(at place: Int) -> [Float] {
    vectors.withElements(as: Float.self) { Array($0[place * size..<(place + 1) * size]) }
  }

  /// The same without words that came before, whose first vector stays, as gensim has it.
  package var withoutRepetitions: WordVectors {
    get throws(WordVectorError) {
      guard places.count < words.count else { return self }
      let kept = words.indices.filter { index(of: words[$0]) == $0 }
      let numbers = kept.flatMap { vector(at: $0) }
      var result = try WordVectors(
        words: kept.map { words[$0] }, vectors: Tensor(numbers, shape: [kept.count, size]),
        counts: counts.map { counts in kept.map { counts[$0] } })
      result.repairedCount = repairedCount
      return result
    }
  }
}
