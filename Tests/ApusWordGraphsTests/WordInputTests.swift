import ApusEngine
import ApusNumerics
import ApusTensors
import ApusWordGraphs
import ApusWordVectors
import Testing

/// Inputs beside the words around, trained on texts of two topics.
@Suite struct WordInputTests {
  private static let topics = [
    ["bread", "butter", "cheese", "apple", "honey"], ["river", "lake", "ocean", "stream", "shore"],
  ]

  /// Documents of one topic each, in turn.
  private static func documents(_ count: Int, sentences: Int = 12) -> [String] {
    var generator = PhiloxStream(seed: 1, purpose: 1)
    return (0..<count).map { document in
      (0..<sentences).map { _ in
        (0..<6).map { _ in topics[document % 2][Int.random(in: 0..<5, using: &generator)] }
          .joined(separator: " ")
      }.joined(separator: "\n")
    }
  }

  private static func settings(_ model: WordTrainingSettings.Model) -> WordTrainingSettings {
    var settings = WordTrainingSettings()
    (settings.model, settings.size, settings.subsample) = (model, 12, 0)
    (settings.epochs, settings.learningRate) = (12, 0.1)
    return settings
  }

  private func trained(
    _ text: WordText, _ inputs: [any WordInput], _ settings: WordTrainingSettings
  ) throws -> (trainer: WordGraphTrainer, losses: [Double]) {
    let trainer = try WordGraphTrainer(
      text, inputs: inputs, settings, seed: 2, options: EngineOptions(threads: 1))
    var losses: [Double] = []
    try trainer.train { _, loss in losses.append(loss) }
    return (trainer, losses)
  }

  private func cosine(_ first: [Float], _ second: [Float]) -> Double {
    func product(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return product(first, second)
      / (product(first, first) * product(second, second)).squareRoot()
  }

  private func rows(_ table: Tensor?) throws -> [[Float]] {
    let table = try #require(table)
    let (numbers, size) = (table.scalars(as: Float.self), table.shape[1])
    return (0..<table.shape[0]).map { Array(numbers[$0 * size..<($0 + 1) * size]) }
  }

  /// PV-DM with words, PV-DBOW without.
  @Test(arguments: [true, false])
  func documentsOfOneTopicAreAlike(hasWords: Bool) throws {
    let text = try WordText(Self.documents(8))
    let words: [any WordInput] = hasWords ? [ContextWords(count: text.vocabulary.count)] : []
    let (trainer, losses) = try trained(
      text, words + [Documents(count: text.documents)], Self.settings(.cbow))
    #expect(try #require(losses.last) < losses[0])
    let vectors = try rows(trainer.vectors(of: "documents"))
    for document in vectors.indices {
      let others = vectors.indices.filter { $0 != document }
      let nearest = others.max {
        cosine(vectors[document], vectors[$0]) < cosine(vectors[document], vectors[$1])
      }
      #expect(try #require(nearest) % 2 == document % 2)
    }
  }

  @Test(arguments: WordTrainingSettings.Loss.allCases, WordTrainingSettings.Model.allCases)
  func everyModelLearns(
    loss: WordTrainingSettings.Loss, model: WordTrainingSettings.Model
  ) throws {
    let text = try WordText(Self.documents(4, sentences: 8))
    var settings = Self.settings(model)
    settings.loss = loss
    settings.learningRate = loss == .sampledSoftmax ? 0.01 : 0.1
    let inputs = [ContextWords(count: text.vocabulary.count)]
    let (trainer, losses) = try trained(text, inputs, settings)
    #expect(losses.count == 12)
    #expect(try #require(losses.last) < losses[0])
    let again = try trained(text, inputs, settings).trainer
    let (first, second) = (trainer.vectors(of: "words"), again.vectors(of: "words"))
    #expect(try #require(first).hasSameBits(as: #require(second)))
  }

  @Test func sharedVectorsAreOneTable() throws {
    let text = try WordText(Self.documents(2))
    var settings = Self.settings(.cbow)
    (settings.loss, settings.sharesVectors, settings.learningRate) = (.sampledSoftmax, true, 0.01)
    let (trainer, _) = try trained(
      text, [ContextWords(count: text.vocabulary.count)], settings)
    #expect(
      try #require(trainer.vectors(of: "words")).hasSameBits(as: trainer.outputVectors))
  }

  /// fastText's own: `printf` of its `Dictionary::hash`, and of `computeSubwords` for 3 to 3.
  @Test func piecesAndHashesAreFastTexts() {
    #expect(Subwords.pieces(of: "where", 3...3) == ["<wh", "whe", "her", "ere", "re>"])
    #expect(Subwords.pieces(of: "a", 3...6) == [])
    #expect(Subwords.hash(of: "") == 2_166_136_261)
    #expect(Subwords.hash(of: "a") == 0xE40C_292C)
    #expect(Subwords.hash(of: "foobar") == 0xBF9C_F968)
  }

  @Test func wordsThatNeverCameHaveVectorsOfPieces() throws {
    let text = try WordText(Self.documents(6))
    let subwords = try Subwords(text.vocabulary, lengths: 3...4, buckets: 500)
    let (trainer, _) = try trained(text, [subwords], Self.settings(.cbow))
    let table = try #require(trainer.vectors(of: "subwords"))
    let new = try subwords.vector(of: "breads", in: table)
    let (bread, lake) = try (
      subwords.vector(of: "bread", in: table), subwords.vector(of: "lake", in: table)
    )
    #expect(cosine(new, bread) > 0.5)
    #expect(cosine(new, bread) > cosine(new, lake))
    #expect(throws: WordVectorError.self) { try subwords.vector(of: "", in: table) }
  }

  /// The word is the feature's, whatever stands around it.
  @Test func featuresTellWhatWordsDoNot() throws {
    var generator = PhiloxStream(seed: 3, purpose: 1)
    let lines = (0..<150).map { _ in
      (0..<4).map { _ in "w\(Int.random(in: 0..<8, using: &generator))" }.joined(separator: " ")
    }
    let text = try WordText([lines.joined(separator: "\n")])
    let words = ContextWords(count: text.vocabulary.count)
    let feature = Features("secret", count: 8) { [Int($0.sentence[$0.place])] }
    let plain = try trained(text, [words], Self.settings(.cbow)).losses
    let told = try trained(text, [words, feature], Self.settings(.cbow)).losses
    #expect(try #require(told.last) < 0.8 * #require(plain.last))
  }

  @Test func faultsOfInputsAreOneSentence() throws {
    let text = try WordText(["a b a b"])
    let words = ContextWords(count: 2)
    func fault(_ inputs: [any WordInput]) -> String? {
      do {
        _ = try trained(text, inputs, Self.settings(.cbow))
        return nil
      } catch { return "\(error)" }
    }
    #expect(fault([]) == "expected inputs of different names, got []")
    #expect(
      fault([words, words]) == #"expected inputs of different names, got ["words", "words"]"#)
    #expect(
      fault([Features(count: 3) { _ in [3] }]) == "features: expected rows from 0 to 2, got 3")
    #expect(
      fault([Documents(count: 0)])
        == "documents: expected an input with rows and a name that is not taken")
    #expect(throws: WordVectorError.self) { try WordText(["a b"], minimumCount: 2) }
    #expect(throws: WordVectorError.self) {
      try Subwords(text.vocabulary, lengths: 0...3)
    }
  }
}
