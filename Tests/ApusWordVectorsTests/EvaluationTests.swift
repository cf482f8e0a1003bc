import ApusFormats
import ApusTensors
import ApusWordVectors
import Testing

/// Analogies and similarities by gensim's rules.
@Suite struct EvaluationTests {
  private func source(_ text: String) throws -> any ByteSource {
    try CompressedFile.source(of: MemoryBytes(Array(text.utf8), file: "x"))
  }

  /// Cities and lands on a grid: land − city is the same everywhere but for Oslo.
  private func index() throws -> NeighbourIndex {
    try NeighbourIndex(
      WordVectors(
        words: ["athens", "greece", "Oslo", "norway", "Rome", "italy", "sweden"],
        vectors: Tensor(
          [
            1, 0, 0, 0.1, 1, 1, 0, 0.1, 0, 0, 1, 0.1, 0, 0.2, 1.6, 0.1, 0, 0, -1, 0.1, 0, 1, -1,
            0.1,
            0, 1, 1, 0.1,
          ] as [Float], shape: [7, 4])), threads: 1)
  }

  @Test func analogiesAreScoredBySection() throws {
    let questions = try Analogies(
      source(
        """
        : capitals
        Athens Greece Rome Italy
        Athens Greece Oslo Norway
        Athens Greece Paris France
        : empty
        """))
    let scores = try index().scores(of: questions)
    #expect(scores.map(\.section) == ["capitals", "empty"])
    #expect(scores[0].correct == 1)
    #expect(scores[0].total == 2)
    #expect(scores[0].missing == 1)
    #expect(scores[0].accuracy == 0.5)
    #expect(scores[1].accuracy == nil)
  }

  @Test func onlyFrequentWordsCount() throws {
    let questions = try Analogies(source(": s\nathens greece rome italy\n"))
    #expect(try index().scores(of: questions, among: 5)[0].missing == 1)
  }

  /// Ties share their rank.
  @Test func pairsAreOrderedAsPeopleDo() throws {
    let vectors = try WordVectors(
      words: ["a", "b", "c", "d"],
      vectors: Tensor([1, 0, 1, 0.5, 0, 1, -1, 0.1] as [Float], shape: [4, 2]))
    let pairs = try SimilarityPairs(
      source("# pairs\na\tb\t9\nA C 5\na d 1\nb c 5\nb x 3\n"))
    let score = try NeighbourIndex(vectors, threads: 1).score(of: pairs)
    #expect(score.pairs == 4)
    #expect(score.missing == 1)
    // Cosines 0.894, 0, -0.995, 0.447 have ranks 4 2 1 3; scores 9 5 1 5 have 4 2.5 1 2.5.
    let expected = 4.5 / (5 * 4.5).squareRoot()
    #expect(abs((score.spearman ?? 0) - expected) < 1e-12)
  }

  /// As WordSim-353 comes, with a mark of the order of bytes before it.
  @Test(arguments: [
    "\u{FEFF}Word 1,Word 2,Human (mean)\ntiger,cat,7.35\r\n", "a\tb\tc\ntiger\tcat\t7.35",
  ])
  func pairsMayHaveAHeadingAndCommas(text: String) throws {
    let pairs = try SimilarityPairs(source(text)).pairs
    #expect(pairs.map(\.first) == ["tiger"])
    #expect(pairs.map(\.second) == ["cat"])
    #expect(pairs.map(\.score) == [7.35])
  }

  @Test(arguments: [": s\na b c\n", "a b c d\n", ": s\n", ""])
  func refusesOtherFilesOfAnalogies(text: String) {
    #expect(throws: FormatError.self) { try Analogies(source(text)) }
  }

  @Test(arguments: [
    "a b\n", "a b x\n", "a b nan\n", "# none\n", "a b 1\nc d\n", "x\ny\na b 1\n",
    "tiger cat 7.3.5\na b 1\n",
  ])
  func refusesOtherFilesOfPairs(text: String) {
    #expect(throws: FormatError.self) { try SimilarityPairs(source(text)) }
  }

  private static let (count, size) = (3000, 20)

  private static let numbers: [Float] = (0..<count * size).map { place in
    let mixed: Int = (place * 7919 + place / 13 * 31) % 1009
    return Float(mixed - 504)
  }

  private static func row(_ place: Int) -> [Float] {
    Array(numbers[place * size..<(place + 1) * size])
  }

  private static func product(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for (x, y) in zip(a, b) { sum += Double(x) * Double(y) }
    return sum
  }

  private static func cosine(_ a: Int, _ b: Int) -> Double {
    let (x, y) = (row(a), row(b))
    return product(x, y) / (product(x, x) * product(y, y)).squareRoot()
  }

  /// Many queries and few take different ways through the index.
  @Test(arguments: [1, 3, 70]) func searchIsExact(queries: Int) throws {
    let vectors = try WordVectors(
      words: (0..<Self.count).map { "w\($0)" },
      vectors: Tensor(Self.numbers, shape: [Self.count, Self.size]))
    let index = try NeighbourIndex(vectors, threads: 2)
    let asked = (0..<queries).map { NeighbourIndex.Query(Self.row($0), excluding: [$0]) }
    let found = try index.nearest(to: asked, count: 5)
    #expect(found.count == queries)
    for query in stride(from: 0, to: queries, by: 13) {
      let others = (0..<Self.count).filter { $0 != query }
      let best = others.map { Self.cosine(query, $0) }.sorted(by: >).prefix(5)
      #expect(found[query].count == 5)
      for (item, expected) in zip(found[query], best) {
        #expect(abs(Double(item.similarity) - expected) < 1e-6)
        #expect(abs(Self.cosine(query, item.place) - expected) < 1e-6)
      }
    }
  }
}
