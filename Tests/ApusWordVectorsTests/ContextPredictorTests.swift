import ApusTensors
import ApusWordVectors
import Glibc
import Testing

/// The probabilities of a model of four words by hand.
@Suite struct ContextPredictorTests {
  private static let words = ["a", "b", "c", "d"]
  private static let counts = [8, 4, 2, 1]
  private static let biases = [0.125, -0.25, 0.5, 1]
  private static let outputs = [[0.5, -1], [2, 0.25], [-1, 1.5], [0, 0.75]]

  private func table(_ rows: [[Double]]) -> Tensor {
    Tensor(rows.flatMap(\.self).map { Float($0) }, shape: [rows.count, 2])
  }

  /// `a` and `b` have one input vector.
  private func vectors() throws -> WordVectors {
    let inputs = [[1, 0.5], [1, 0.5], [-0.5, 2], [0.25, -1]]
    return try WordVectors(words: Self.words, vectors: table(inputs), counts: Self.counts)
  }

  /// The probability of each word that is none of `context`, in the order they are given.
  private func found(
    among context: [String], _ loss: WordTrainingSettings.Loss,
    _ model: WordTrainingSettings.Model
  ) throws -> [(word: String, probability: Double)] {
    let isSoftmax = loss == .sampledSoftmax
    let predictor = try ContextPredictor(
      vectors(), output: table(Self.outputs),
      biases: isSoftmax ? Tensor(Self.biases.map { Float($0) }) : nil, model: model, loss: loss)
    return try predictor.predictions(among: context, top: 10).map { one in
      (one.word, exp(one.logProbability))
    }
  }

  private func sigmoid(_ score: Double) -> Double { 1 / (1 + exp(-score)) }

  /// The probabilities of all words where the hidden vector is `h`.
  private func expected(_ loss: WordTrainingSettings.Loss, _ h: [Double]) -> [String: Double] {
    let scores = Self.outputs.map { $0[0] * h[0] + $0[1] * h[1] }
    var shares: [Double]
    switch loss {
    case .negativeSampling:
      shares = zip(scores, Self.counts).map { pow(Double($1), 0.75) * exp($0) }
    case .sampledSoftmax: shares = zip(scores, Self.biases).map { exp($0 + $1) }
    case .hierarchicalSoftmax:
      // The tree is ((d c) b) a: node 2 is the root, node 1 below it, node 0 the lowest.
      let (root, middle, low) = (sigmoid(scores[2]), sigmoid(scores[1]), sigmoid(scores[0]))
      shares = [1 - root, root * (1 - middle)]
      shares += [root * middle * (1 - low), root * middle * low]
    }
    let sum = shares.reduce(0, +)
    return Dictionary(uniqueKeysWithValues: zip(Self.words, shares.map { $0 / sum }))
  }

  @Test(arguments: WordTrainingSettings.Loss.allCases, WordTrainingSettings.Model.allCases)
  func probabilitiesAreThoseOfTheLoss(
    loss: WordTrainingSettings.Loss, model: WordTrainingSettings.Model
  ) throws {
    let found = try found(among: ["c", "a"], loss, model)
    let isSum = loss == .sampledSoftmax && model == .cbow
    let expected = expected(loss, isSum ? [0.5, 2.5] : [0.25, 1.25])
    #expect(Set(found.map(\.word)) == ["b", "d"])
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.probability >= $1.probability })
    for one in found {
      let wanted = try #require(expected[one.word])
      #expect(abs(one.probability - wanted) < 1e-12, "\(one.word)")
    }
  }

  /// Among `a` alone and among `b` alone the hidden vector is the same, and another word is left out.
  @Test(arguments: WordTrainingSettings.Loss.allCases, WordTrainingSettings.Model.allCases)
  func probabilitiesOfAllWordsSumToOne(
    loss: WordTrainingSettings.Loss, model: WordTrainingSettings.Model
  ) throws {
    let others = try found(among: ["a"], loss, model)
    #expect(Set(others.map(\.word)) == ["b", "c", "d"])
    let second = try found(among: ["b"], loss, model)
    let left = try #require(second.first { $0.word == "a" })
    let sum = others.reduce(left.probability) { $0 + $1.probability }
    #expect(abs(sum - 1) < 1e-12)
    let wanted = try #require(expected(loss, [1, 0.5])["a"])
    #expect(abs(left.probability - wanted) < 1e-12)
  }

  @Test func theLikeliestComeFirst() throws {
    let all = try found(among: ["a"], .negativeSampling, .cbow)
    let predictor = try ContextPredictor(
      vectors(), output: table(Self.outputs), biases: nil, model: .cbow, loss: .negativeSampling)
    let two = try predictor.predictions(among: ["a"], top: 2)
    #expect(two.map(\.word) == all.prefix(2).map(\.word))
    #expect(all.first?.word == "b")
  }

  @Test func importedVectorsPredictNothing() throws {
    #expect(throws: WordVectorError.self) {
      try ContextPredictor(vectors(), output: nil, biases: nil, model: nil, loss: nil)
    }
    let counted = try vectors()
    let plain = try WordVectors(words: counted.words, vectors: counted.vectors)
    #expect(throws: WordVectorError.self) {
      try ContextPredictor(
        plain, output: table(Self.outputs), biases: nil, model: .cbow, loss: .negativeSampling)
    }
  }
}
