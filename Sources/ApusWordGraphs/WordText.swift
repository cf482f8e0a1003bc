import ApusDatasets
import ApusWordVectors

/// Documents as sentences of numbered words, held in memory.
public struct WordText: Sendable {
  /// A sentence of words that are in the vocabulary.
  public struct Sentence: Sendable, Hashable {
    public let words: [Int32]
    public let document: Int
  }

  public let vocabulary: Vocabulary
  public let sentences: [Sentence]
  /// The number of documents.
  public let documents: Int

  /// Documents divided into sentences and words as `options` say; words that come less often than
  /// `minimumCount` times are left out.
  ///
  /// - Throws: ``WordVectorError`` where no word comes so often.
  public init(
    _ documents: [String], _ options: TextOptions = TextOptions(), minimumCount: Int = 1
  ) throws {
    let lines = try documents.map { try Self.lines(of: $0, options) }
    var counts: [String: Int] = [:]
    var order: [String] = []
    for word in lines.joined().joined() {
      if counts[word, default: 0] == 0 { order.append(word) }
      counts[word, default: 0] += 1
    }
    let frequent = order.filter { counts[$0, default: 0] >= minimumCount }.enumerated().sorted {
      let (first, second) = (counts[$0.element, default: 0], counts[$1.element, default: 0])
      return first == second ? $0.offset < $1.offset : first > second
    }.map(\.element)
    guard !frequent.isEmpty else {
      throw WordVectorError(
        .emptyVocabulary, "expected documents with a word that comes \(minimumCount) times")
    }
    let vocabulary = Vocabulary(words: frequent, counts: frequent.map { counts[$0, default: 0] })
    self.vocabulary = vocabulary
    self.documents = documents.count
    sentences = lines.enumerated().flatMap { document, lines in
      lines.map { line in
        Sentence(
          words: line.compactMap { vocabulary.index(of: $0).map(Int32.init) }, document: document)
      }
    }.filter { !$0.words.isEmpty }
  }

  private static func lines(of text: String, _ options: TextOptions) throws -> [[String]] {
    var tokenizer = try TextTokenizer(options)
    var bytes: [UInt8] = []
    Array(text.utf8).withUnsafeBufferPointer { tokenizer.read($0, into: &bytes) }
    tokenizer.finish(into: &bytes)
    return bytes.split(separator: 10).map { line in
      line.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
    }
  }
}
