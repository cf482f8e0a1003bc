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

  @Test func namesTheLineOfANumberThatIsNone() {
    let error = #expect(throws: FormatError.self) {
      try WordVectorFormat.word2vec.decode(Array("2 2\na 1 2\nb 1 nan\n".utf8), file: "x")
    }
    #expect(error?.description.hasPrefix("x, line 3: expected a finite number") == true)
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
