import ApusDatasets
import ApusFormats
import ApusNumerics
import ApusTensors
import ApusWordVectors
import Foundation
import Testing

/// Texts, vocabularies, training and files.
@Suite struct WordVectorTests {
  private func withFile<Result>(_ body: (String) throws -> Result) rethrows -> Result {
    let path = FileManager.default.temporaryDirectory.path + "/apus-words-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  /// What an error of `body` says.
  private func sentence(_ body: () throws -> some Any) -> String {
    do { return "no error, \(try body())" } catch { return "\(error)" }
  }

  private func source(_ text: [UInt8]) throws -> any ByteSource {
    try CompressedFile.source(of: MemoryBytes(text, file: "text"))
  }

  private func read(
    _ text: [UInt8], minimumCount: Int = 1, phrases: Bool = false
  ) throws -> (Vocabulary, CorpusFacts, [Int32]) {
    try withFile { path in
      let corpus = try EncodedCorpus(creating: path)
      var encoder = CorpusEncoder(into: corpus, limit: 1000)
      try encoder.read(source(text), TextOptions()) { _ in }
      if phrases { try encoder.joinPhrases(threshold: 1, minimumCount: minimumCount) }
      let (vocabulary, facts) = try encoder.vocabulary(minimumCount: minimumCount)
      return (vocabulary, facts, try corpus.numbers(0..<corpus.count))
    }
  }

  @Test func countsWords() throws {
    let (vocabulary, facts, numbers) = try read(Array("B a b.\n\nc b a\n".utf8))
    #expect(vocabulary.words == ["b", "a", "c"])
    #expect(vocabulary.counts == [3, 2, 1])
    #expect(facts.tokens == 6)
    #expect(facts.sentences == 2)
    #expect(numbers == [0, 1, 0, -1, 2, 0, 1, -1])
  }

  @Test func leavesRareWordsOutAndCountsFaults() throws {
    let (vocabulary, facts, _) = try read(
      Array("a a \u{FF}".utf8) + [0xFF, 10] + Array("b".utf8), minimumCount: 2)
    #expect(vocabulary.words == ["a"])
    #expect(facts.replacedCharacters == 1)
    let long = [UInt8](repeating: 97, count: 2000) + Array(" b b".utf8)
    let (words, more, _) = try read(long)
    #expect(words.words == ["b"])
    #expect(more.longTokens == 1)
  }

  @Test func refusesTextsWithoutWords() {
    #expect(throws: WordVectorError.self) { try read([]) }
    #expect(throws: WordVectorError.self) { try read(Array("a b".utf8), minimumCount: 2) }
  }

  @Test func joinsPhrases() throws {
    let text = String(repeating: "new york x\ny z w\n", count: 4)
    let (vocabulary, facts, _) = try read(Array(text.utf8), minimumCount: 2, phrases: true)
    #expect(vocabulary.words.contains("new_york"))
    #expect(vocabulary.index(of: "new") == nil)
    #expect(facts.phrases == 2)
  }

  @Test(arguments: WordTrainingSettings.Loss.allCases, WordTrainingSettings.Model.allCases)
  func oneSeedGivesTheSameVectorsAndFallingLoss(
    loss: WordTrainingSettings.Loss, model: WordTrainingSettings.Model
  ) throws {
    let text = String(repeating: "one two three four\nred green blue grey\n", count: 300)
    var settings = WordTrainingSettings()
    (settings.loss, settings.model, settings.size) = (loss, model, 20)
    (settings.subsample, settings.epochs, settings.learningRate) = (0, 20, nil)
    try withFile { path in
      let corpus = try EncodedCorpus(creating: path)
      var encoder = CorpusEncoder(into: corpus, limit: 1000)
      try encoder.read(source(Array(text.utf8)), TextOptions()) { _ in }
      let (vocabulary, _) = try encoder.vocabulary(minimumCount: 1)
      var results: [Tensor] = []
      for _ in 0..<2 {
        let words = try WordModel(vocabulary, settings, seed: 5)
        let trainer = WordTrainer(words, on: corpus, seed: 5, threads: 1)
        try trainer.train { _ in true }
        let losses = trainer.losses.map { $0.sum / Double(max(1, $0.pairs)) }
        #expect(losses.count == 20)
        #expect((losses.last ?? .infinity) < (losses.first ?? 0))
        results.append(words.inputVectors)
      }
      #expect(results[0].hasSameBits(as: results[1]))
    }
  }

  @Test(arguments: WordVectorFormat.allCases)
  func filesKeepVectorsAndRefuseDamage(format: WordVectorFormat) throws {
    let vectors = try WordVectors(
      words: ["a", "中", "c"],
      vectors: Tensor([1, -2.5, 0.1, 3e-7, 5, 6] as [Float], shape: [3, 2]))
    try withFile { path in
      try format.write(vectors, to: path)
      let again = try format.read(path)
      #expect(again.words == vectors.words)
      #expect(again.vectors.hasSameBits(as: vectors.vectors))
      let bytes = try FileBytes.read(path)
      var generator = PhiloxStream(seed: 1, purpose: 1)
      for _ in 0..<500 {
        var damaged = bytes
        damaged[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255)
        damaged.removeLast(Int.random(in: 0..<bytes.count / 2, using: &generator))
        _ = try? format.decode(damaged, file: "damaged")
      }
    }
    if format == .word2vec || format == .word2vecBinary {
      #expect(throws: FormatError.self) {
        try format.decode(Array("3 2\na 1 2\n".utf8), file: "short")
      }
    }
  }

  @Test(arguments: [
    ("3 2\na 1 2\nb 3 4 5\nc 5 6\n", "x, line 3: expected a word and 2 numbers, got 4 fields"),
    ("1 2\na\u{1B} 1 \u{1B}[2J\n", "x, line 2: expected a finite number, got \"?[2J\""),
  ])
  func rowsHaveTheHeadersLength(text: String, sentence: String) {
    let error = #expect(throws: FormatError.self) {
      try WordVectorFormat.word2vec.decode(Array(text.utf8), file: "x")
    }
    #expect(error?.description == sentence)
  }

  @Test func headersAreNoVectors() {
    let error = #expect(throws: FormatError.self) {
      try WordVectorFormat.glove.decode(Array("2 2\na 1 2\nb 3 4\n".utf8), file: "x")
    }
    #expect(error?.description.contains("line 1: expected a word and its numbers") == true)
  }

  @Test(arguments: [[0x78, 10, 0x79, 32], [32], [0xFF, 32]] as [[UInt8]])
  func binaryWordsAreTextWithoutLineBreaks(word: [UInt8]) {
    let bytes = Array("1 1\n".utf8) + word + [0, 0, 128, 63]
    #expect(throws: FormatError.self) {
      try WordVectorFormat.word2vecBinary.decode(bytes, file: "x")
    }
  }

  @Test func wordsWithBlanksStayOneWord() throws {
    let vectors = try WordVectors(
      words: ["new york"], vectors: Tensor([1, 2] as [Float], shape: [1, 2]))
    try withFile { path in
      for format in [WordVectorFormat.word2vec, .word2vecBinary, .glove] {
        try format.write(vectors, to: path)
        #expect(try format.read(path).words == ["new_york"])
      }
    }
  }

  @Test func twoWordsNeverBecomeOne() throws {
    let vectors = try WordVectors(
      words: ["a b", "a_b"], vectors: Tensor([1, 2] as [Float], shape: [2, 1]))
    try withFile { path in
      for format in [WordVectorFormat.word2vec, .word2vecBinary, .glove] {
        #expect(
          sentence { try format.write(vectors, to: path) }
            == "\(path): expected words that differ when their blanks become _, "
            + "got \"a b\" and \"a_b\"; format safetensors keeps blanks")
        #expect(access(path, F_OK) != 0)
      }
      try WordVectorFormat.safetensors.write(vectors, to: path)
      #expect(try WordVectorFormat.safetensors.read(path).words == vectors.words)
    }
  }

  /// A word that one file may have every other may have too.
  @Test(arguments: ["", String(repeating: "x", count: 65_537)])
  func wordsOfImpossibleLengthsAreRefused(word: String) throws {
    try withFile { path in
      try WordModelFile(words: [word], vectors: Tensor([1] as [Float], shape: [1, 1]))
        .write(to: path)
      #expect(
        sentence { try WordVectorFormat.safetensors.read(path) }
          == "\(path): expected words of 1 to 65536 bytes, got one of \(word.utf8.count)")
      guard !word.isEmpty else { return }
      #expect(
        sentence { try WordVectorFormat.glove.decode(Array("\(word) 1\n".utf8), file: "g") }
          == "g, line 1: expected a word of at most 65536 bytes, got 65537")
      // Repaired words are longer.
      let faults = Array("ok 1\nfine 2\n".utf8) + [UInt8](repeating: 0x80, count: 30_000)
      #expect(
        sentence { try WordVectorFormat.glove.decode(faults + Array(" 3\n".utf8), file: "g") }
          == "g, line 3: expected a word of at most 65536 bytes, got 90000")
    }
  }

  @Test(arguments: [[-1, 3], [1 << 53, 1], [.max, .max]])
  func countsOfAFileAreChecked(counts: [Int]) throws {
    try withFile { path in
      try WordModelFile(
        words: ["a", "b"], vectors: Tensor([1, 2] as [Float], shape: [2, 1]), counts: counts
      ).write(to: path)
      #expect(throws: FormatError.self) { try WordModelFile(reading: path) }
    }
  }

  /// `é` as one character and as two: texts of Swift are equal, their bytes are not.
  @Test func wordsThatLookTheSameStayTwo() throws {
    let (one, two) = ("caf\u{E9}", "cafe\u{301}")
    let (vocabulary, _, _) = try read(Array("\(one) \(two) \(one)".utf8))
    #expect(vocabulary.words.map { Array($0.utf8) } == [Array(one.utf8), Array(two.utf8)])
    #expect(vocabulary.index(of: one) == 0)
    #expect(vocabulary.index(of: two) == 1)
    let vectors = try WordVectors(
      words: [one, two], vectors: Tensor([1, 2] as [Float], shape: [2, 1]))
    #expect(try vectors.withoutRepetitions.words.count == 2)
    #expect(try vectors.vector(of: two) == [2])
    // Where there is only the other one, it is meant.
    let alone = try WordVectors(words: [two], vectors: Tensor([2] as [Float], shape: [1, 1]))
    #expect(try alone.vector(of: one) == [2])
    #expect(alone.index(of: one) == nil)
  }

  @Test func tinyVectorsHaveDirections() throws {
    let tiny = Float(bitPattern: 700)  // subnormal
    let vectors = try WordVectors(
      words: ["a", "b"],
      vectors: Tensor([tiny, 0, tiny, tiny], shape: [2, 2]))
    let found = try NeighbourIndex(vectors, threads: 1).similar(to: ["a"], top: 1)
    #expect(abs((found.first?.similarity ?? 0) - 0.5.squareRoot()) < 1e-3)
  }

  /// Numbers of other words would be written over memory of others.
  @Test func queriesAndPlacesAreThoseOfTheWords() throws {
    let vectors = try WordVectors(
      words: ["a", "b"], vectors: Tensor([1, 0, 1, 1] as [Float], shape: [2, 2]))
    let index = try NeighbourIndex(vectors, threads: 1)
    for size in [1, 300] {
      let query = NeighbourIndex.Query([Float](repeating: 1, count: size))
      #expect(throws: WordVectorError.self) { try index.nearest(to: [query], count: 1) }
    }
    #expect(throws: WordVectorError.self) { try index.nearest(to: [.init([1, 0])], count: -1) }
    let model = try WordModel(
      Vocabulary(words: ["a", "b"], counts: [2, 1]), WordTrainingSettings(), seed: 1)
    let one = Tensor(zeros: TensorType([1, model.settings.size]))
    for place in [-1, 2, 1_000_000] {
      #expect(throws: WordVectorError.self) {
        try model.setVectors(input: one, output: nil, at: [place])
      }
    }
  }

  @Test func longListsAreInOrder() throws {
    var numbers = [Float](repeating: 1, count: 400)
    for word in 0..<200 { numbers[2 * word] = Float(word * 37 % 200) }
    let vectors = try WordVectors(
      words: (0..<200).map { "\($0)" }, vectors: Tensor(numbers, shape: [200, 2]))
    let index = try NeighbourIndex(vectors, threads: 2)
    let all = try index.similar(to: ["0"], top: 199)
    for count in [1, 3, 50] {
      #expect(try index.similar(to: ["0"], top: count) == Array(all.prefix(count)))
    }
    #expect(zip(all, all.dropFirst()).allSatisfy { $0.similarity >= $1.similarity })
  }

  @Test func oneDirectionHasNoSecondAxis() throws {
    let vectors = try WordVectors(
      words: ["a", "b", "c", "d"],
      vectors: Tensor([1, 2, -4, 1] as [Float], shape: [4, 1]))
    let map = try WordMap(of: vectors.words, in: vectors, by: .pca)
    #expect(map.places.allSatisfy { $0.y == 0 })
    #expect(map.places[0].x != map.places[2].x)
  }

  @Test func fewWordsOfLongVectorsHaveTheirDistances() throws {
    // Three points lie in a plane, which is that of the axes.
    let numbers: [Float] = [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0.6, 0.8]
    let vectors = try WordVectors(
      words: ["a", "b", "c"], vectors: Tensor(numbers, shape: [3, 5]))
    let places = try WordMap(of: vectors.words, in: vectors, by: .pca).places
    for (first, second) in [(0, 1), (0, 2), (1, 2)] {
      let (one, other) = (places[first], places[second])
      #expect(abs(hypot(one.x - other.x, one.y - other.y) - 2.0.squareRoot()) < 1e-6)
    }
  }

  @Test func memoryLeavesTheRarestWordsOut() throws {
    try withFile { path in
      let corpus = try EncodedCorpus(creating: path)
      var encoder = CorpusEncoder(into: corpus, limit: 1000)
      try encoder.read(source(Array("a a a b b c d\n".utf8)), TextOptions()) { _ in }
      let (vocabulary, facts) = try encoder.vocabulary(minimumCount: 1, most: 3)
      #expect(vocabulary.words == ["a", "b"])
      #expect(facts.raisedMinimumCount == 2)
    }
  }

  @Test(arguments: [[0x1F, 0x8B, 8], [0xFF, 0xFE, 97, 0]] as [[UInt8]])
  func otherKindsOfBytesAreNamed(bytes: [UInt8]) throws {
    try withFile { path in
      var encoder = CorpusEncoder(into: try EncodedCorpus(creating: path), limit: 1000)
      let raw = RangeSource(MemoryBytes(bytes, file: "x"))
      var sentence = ""
      do {
        try encoder.read(raw, TextOptions()) { _ in }
      } catch { sentence = "\(error)" }
      #expect(sentence.hasPrefix("x, byte 0: expected text in UTF-8"))
    }
  }

  @Test func namesTheLineOfANumberThatIsNone() {
    let error = #expect(throws: FormatError.self) {
      try WordVectorFormat.word2vec.decode(Array("2 2\na 1 2\nb 1 nan\n".utf8), file: "x")
    }
    #expect(error?.description.hasPrefix("x, line 3: expected a finite number") == true)
  }

  @Test(arguments: [.word2vec, .word2vecBinary] as [WordVectorFormat])
  func wordsInAnotherEncodingAreRefused(format: WordVectorFormat) {
    let number = Array(format == .word2vec ? "1\n".utf8 : "\0\0\0\0\n".utf8)
    let bytes =
      Array("3 1\na ".utf8) + number + [0xE9, 32] + number + [0x62, 0xE0, 32] + number
    let error = #expect(throws: FormatError.self) { try format.decode(bytes, file: "x") }
    #expect(
      error?.description
        == "x: expected words in UTF-8, got 2 of 3 in another encoding, or bytes of another kind")
  }

  @Test func neighboursAreExactAndMapsHaveAPlaceForEachWord() throws {
    let vectors = try WordVectors(
      words: ["a", "b", "c", "d"],
      vectors: Tensor([1, 0, 2, 0.1, 0, 1, -1, 0] as [Float], shape: [4, 2]))
    let index = try NeighbourIndex(vectors, threads: 2)
    #expect(try index.similar(to: ["a"], top: 3).map(\.word) == ["b", "c", "d"])
    #expect(try index.oddOneOut(of: ["a", "b", "c"]).first?.word == "c")
    for method in WordMap.Method.allCases {
      let map = try WordMap(of: vectors.words, in: vectors, by: method)
      #expect(map.places.map(\.word) == vectors.words)
      #expect(map.places.allSatisfy { $0.x.isFinite && $0.y.isFinite })
    }
    #expect(throws: WordVectorError.self) { try WordMap(of: ["a"], in: vectors, by: .pca) }
  }
}
