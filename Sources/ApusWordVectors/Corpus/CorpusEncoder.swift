import ApusDatasets
import ApusFormats
import ApusNumerics

/// What was found in a text besides its words.
public struct CorpusFacts: Sendable, Hashable, Codable {
  /// All tokens of the text, rare ones included.
  public var tokens = 0
  /// Lines or blocks with at least one token.
  public var sentences = 0
  /// Faults of UTF-8 that were replaced.
  public var replacedCharacters = 0
  /// Tokens that were left out because they have more than 1,000 bytes.
  public var longTokens = 0
  /// How often a word was forgotten while counting because there were too many.
  public var prunedWords = 0
  /// The least count of the words that have a vector, where memory asked for a higher one than was set.
  public var raisedMinimumCount: Int?
  /// Different pairs of words that were joined to one.
  public var phrases = 0

  public init() {}
}

/// Reads a text once: counts its words and writes them down as numbers.
///
/// Memory grows with the vocabulary, not with the text: where more than `limit` different words were
/// seen, those that came least often so far are forgotten, as word2vec.c and gensim do.
package struct CorpusEncoder: ~Copyable {
  private static let longestToken = 1000
  private static let pieceSize = 1 << 18

  package private(set) var facts = CorpusFacts()
  private var table = WordTable()
  private let corpus: EncodedCorpus
  /// The most different words that are counted at a time.
  private let limit: Int
  /// Words that came so often at most are forgotten when the table is full next.
  private var leastCount = 1
  /// The start of a token whose rest comes in the next piece.
  private var unfinished: [UInt8] = []
  private var hasTokens = false

  package init(into corpus: EncodedCorpus, limit: Int) {
    self.corpus = corpus
    self.limit = limit
  }

  /// Reads a part of the text to its end.
  ///
  /// - Parameter report: called after each piece with the tokens so far; throws to stop.
  package mutating func read(
    _ source: any ByteSource, _ options: TextOptions, report: (Int) throws -> Void
  ) throws {
    var tokenizer = try TextTokenizer(options)
    var raw = [UInt8](repeating: 0, count: Self.pieceSize)
    var text: [UInt8] = []
    var isStart = true
    while true {
      let count = try Self.fill(&raw, from: source)
      guard count > 0 else { break }
      if isStart { try Self.refuseOtherKinds(raw[..<count], of: source.file) }
      isStart = false
      text.removeAll(keepingCapacity: true)
      raw.withUnsafeBufferPointer { bytes in
        tokenizer.read(UnsafeBufferPointer(rebasing: bytes[..<count]), into: &text)
      }
      try encode(text)
      try report(facts.tokens)
    }
    text.removeAll(keepingCapacity: true)
    tokenizer.finish(into: &text)
    try encode(text)
    facts.replacedCharacters += tokenizer.replacedCount
  }

  /// Refuses bytes that begin as packed files do, or as text of another encoding.
  private static func refuseOtherKinds(
    _ start: ArraySlice<UInt8>, of file: String
  ) throws(FormatError) {
    let kinds: [([UInt8], String)] = [
      ([0x1F, 0x8B], "gzip; unpack it on the way, as zcat does"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], ".xz; unpack it on the way, as xzcat does"),
      ([0xFF, 0xFE], "UTF-16; iconv --to-code UTF-8 changes it"),
      ([0xFE, 0xFF], "UTF-16; iconv --to-code UTF-8 changes it"),
    ]
    guard let kind = kinds.first(where: { start.starts(with: $0.0) }) else { return }
    throw FormatError(file, .byte(0), expected: "text in UTF-8", actual: kind.1)
  }

  private static func fill(
    _ raw: inout [UInt8], from source: any ByteSource
  ) throws(FormatError) -> Int {
    let result = raw.withUnsafeMutableBytes { target in
      Result { () throws(FormatError) in try source.read(into: target) }
    }
    return try result.get()
  }

  private mutating func encode(_ text: [UInt8]) throws {
    var place = 0
    while place < text.count {
      var end = place
      text.withUnsafeBufferPointer { bytes in
        while end < bytes.count, bytes[end] > 32 { end += 1 }
      }
      guard end < text.count else { break }
      if end > place || !unfinished.isEmpty { try add(text[place..<end]) }
      if text[end] == 10 { try endSentence() }
      place = end + 1
    }
    // What is beyond the limit need not be kept: it makes the token too long in any case.
    if place < text.count, unfinished.count <= Self.longestToken {
      unfinished += text[place...].prefix(Self.longestToken + 1)
    }
  }

  private mutating func add(_ rest: ArraySlice<UInt8>) throws {
    facts.tokens += 1
    hasTokens = true
    guard unfinished.count + rest.count <= Self.longestToken else {
      facts.longTokens += 1
      unfinished = []
      return
    }
    let number: Int
    if unfinished.isEmpty {
      number = rest.withUnsafeBufferPointer { count($0) }
    } else {
      let word = unfinished + rest
      unfinished = []
      number = word.withUnsafeBufferPointer { count($0) }
    }
    try corpus.append(Int32(number))
    if table.count > limit { try prune() }
  }

  private mutating func count(_ word: UnsafeBufferPointer<UInt8>) -> Int {
    guard let start = word.baseAddress else { return 0 }
    return table.add(start, word.count)
  }

  private mutating func endSentence() throws {
    if hasTokens { facts.sentences += 1 }
    hasTokens = false
    try corpus.append(EncodedCorpus.sentenceEnd)
  }

  /// Forgets the words that came least often, until at most half of what is allowed is left.
  private mutating func prune() throws {
    var numbers = [Int32](repeating: 0, count: table.count)
    var kept = table.count
    while kept > limit / 2, kept > 0 {
      kept = (0..<table.count).count { table.occurrences(of: $0) > leastCount }
      if kept > limit / 2 { leastCount += 1 }
    }
    var smaller = WordTable()
    for number in 0..<table.count {
      let occurrences = table.occurrences(of: number)
      let word = table.utf8(of: number)
      guard occurrences > leastCount, let start = word.baseAddress else {
        numbers[number] = EncodedCorpus.dropped
        continue
      }
      numbers[number] = Int32(smaller.add(start, word.count, times: occurrences))
    }
    facts.prunedWords += table.count - smaller.count
    table = smaller
    leastCount += 1
    try corpus.renumber(numbers)
  }

  /// Makes one word of two that often come one after the other, as `new_york`; reads the text twice.
  ///
  /// - Parameters:
  ///   - threshold: pairs with a higher score are joined, see ``PhraseFinder``.
  ///   - minimumCount: as often must a word and a pair come at least.
  package mutating func joinPhrases(threshold: Double, minimumCount: Int) throws {
    var finder = PhraseFinder(threshold: threshold, minimumCount: minimumCount, limit: limit)
    try finder.count(corpus)
    let before = table.count
    try finder.join(corpus, &table)
    facts.phrases += table.count - before
  }

  /// The words that came at least `minimumCount` times, most frequent first, equal ones in the order
  /// they were first seen; the text is renumbered to match.
  ///
  /// - Parameters:
  ///   - known: words that stay however rare they are, their counts added.
  ///   - most: the most words that there is memory for; where there are more, the rarest get no vector.
  /// - Throws: ``WordVectorError`` where no word is left, or the bytes were no text.
  package consuming func vocabulary(
    minimumCount: Int, knowing known: Vocabulary? = nil, most: Int = .max
  ) throws -> (Vocabulary, CorpusFacts) {
    guard facts.tokens > 0 else {
      throw WordVectorError(.emptyVocabulary, "expected a text with words, found none in it")
    }
    guard facts.replacedCharacters <= facts.tokens else {
      throw WordVectorError(
        .noText,
        "expected text in UTF-8, got \(facts.replacedCharacters) faults of it beside "
          + "\(facts.tokens) words; bytes of another kind, or text in another encoding?")
    }
    var keeps = (0..<table.count).map { table.occurrences(of: $0) >= minimumCount }
    for (word, count) in zip(known?.words ?? [], known?.counts ?? []) {
      let number = word.utf8.withContiguousStorageIfAvailable { text in
        text.baseAddress.map { table.add($0, text.count, times: count) }
      }
      guard case .some(.some(let place)) = number else { continue }
      if place == keeps.count { keeps.append(true) } else { keeps[place] = true }
    }
    var order = (0..<table.count).filter { keeps[$0] }
    guard !order.isEmpty else {
      let most = (0..<table.count).reduce(0) { max($0, table.occurrences(of: $1)) }
      throw WordVectorError(
        .emptyVocabulary,
        "--min-count: no word comes \(minimumCount.counted("time")), the most frequent one "
          + most.counted("time"))
    }
    order.sort { first, second in
      let (left, right) = (table.occurrences(of: first), table.occurrences(of: second))
      return left != right ? left > right : first < second
    }
    if order.count > most {
      let least = table.occurrences(of: order[max(0, most)]) + 1
      let knownWords = Set((known?.words ?? []).map(ExactWord.init))
      order.removeAll {
        table.occurrences(of: $0) < least && !knownWords.contains(ExactWord(table.text(of: $0)))
      }
      facts.raisedMinimumCount = least
      guard !order.isEmpty else {
        throw WordVectorError(
          .system, "there is memory for the vectors of \(most) words, which all come less often")
      }
    }
    var numbers = [Int32](repeating: EncodedCorpus.dropped, count: table.count)
    for (place, number) in order.enumerated() { numbers[number] = Int32(place) }
    let vocabulary = Vocabulary(
      words: order.map { table.text(of: $0) }, counts: order.map { table.occurrences(of: $0) })
    try corpus.renumber(numbers)
    return (vocabulary, facts)
  }
}
