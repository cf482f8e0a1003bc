import ApusTensors
import ApusWordVectors

/// The words around together with the pieces they are spelt with: fastText's input.
///
/// The table has a row for each word, then one for each bucket; a piece's bucket is its hash. Pieces are
/// runs of characters of the word between `<` and `>`. A word that never came has a vector too, that of
/// its pieces.
///
/// Reference: Bojanowski, Grave, Joulin, Mikolov (2017), "Enriching word vectors with subword
/// information", arXiv:1607.04606.
public struct Subwords: WordInput {
  public let lengths: ClosedRange<Int>
  public let buckets: Int
  private let words: [String: Int]
  /// The rows of each word of the vocabulary.
  private let rowsOfWords: [[Int]]

  public var name: String { "subwords" }
  public var count: Int { words.count + buckets }

  /// - Parameter lengths: of pieces, in characters.
  /// - Throws: ``WordVectorError`` where a length or `buckets` is below 1.
  public init(
    _ vocabulary: Vocabulary, lengths: ClosedRange<Int> = 3...6, buckets: Int = 20_000
  ) throws(WordVectorError) {
    guard lengths.lowerBound >= 1, buckets >= 1 else {
      throw WordVectorError(
        .setting, "subwords: expected lengths and buckets from 1 on, got \(lengths) and \(buckets)")
    }
    self.lengths = lengths
    self.buckets = buckets
    words = Dictionary(zip(vocabulary.words, 0...)) { first, _ in first }
    let (count, range) = (vocabulary.count, lengths)
    rowsOfWords = vocabulary.words.enumerated().map { number, word in
      [number] + Self.buckets(of: word, range, buckets).map { count + $0 }
    }
  }

  public func rows(of example: WordExample) -> [Int] {
    example.context.flatMap { rowsOfWords[Int(example.sentence[$0])] }
  }

  /// The mean of a word's rows in a table `float32 [count, size]`, of its pieces alone where the word is
  /// not in the vocabulary.
  ///
  /// - Throws: ``WordVectorError`` where the word is too short to have pieces and is not known.
  public func vector(of word: String, in table: Tensor) throws(WordVectorError) -> [Float] {
    let pieces = Self.buckets(of: word, lengths, buckets).map { words.count + $0 }
    let rows = words[word].map { rowsOfWords[$0] } ?? pieces
    guard !rows.isEmpty else {
      throw WordVectorError(
        .unknownWord(word), "\(word): has no vector, and no pieces that have one")
    }
    let size = table.shape[1]
    return table.withElements(as: Float.self) { numbers in
      (0..<size).map { column in
        Float(rows.reduce(0.0) { $0 + Double(numbers[$1 * size + column]) } / Double(rows.count))
      }
    }
  }

  /// The pieces of a word: every run of so many characters of `<word>` but the whole of it.
  package static func pieces(of word: String, _ lengths: ClosedRange<Int>) -> [String] {
    let characters = Array("<" + word + ">")
    return characters.indices.flatMap { start in
      lengths.compactMap { length in
        guard start + length <= characters.count, length < characters.count else { return nil }
        return String(characters[start..<start + length])
      }
    }
  }

  private static func buckets(
    of word: String, _ lengths: ClosedRange<Int>, _ count: Int
  ) -> [Int] {
    pieces(of: word, lengths).map { Int(hash(of: $0) % UInt32(count)) }
  }

  /// fastText's hash, FNV-1a over bytes that are taken as signed numbers.
  package static func hash(of piece: String) -> UInt32 {
    piece.utf8.reduce(2_166_136_261) { hash, byte in
      (hash ^ UInt32(bitPattern: Int32(Int8(bitPattern: byte)))) &* 16_777_619
    }
  }
}
