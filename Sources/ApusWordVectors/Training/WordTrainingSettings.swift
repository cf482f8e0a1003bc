/// How word vectors are trained.
public struct WordTrainingSettings: Sendable, Hashable, Codable {
  public var model = Model.skipGram
  public var loss = Loss.negativeSampling
  /// Numbers of a vector.
  public var size = 100
  /// The most words on each side of a centre that count as its context.
  public var window = 5
  /// Whether each centre's window is drawn from 1 to ``window``; else it is always that.
  public var shrinksWindow = true
  /// Negative words of a pair, or words drawn beside the true one; nil for 5 and 16.
  public var negatives: Int?
  /// Sampled softmax: whether a word's input vector is its output vector too.
  public var sharesVectors = false
  /// Words that come less often get no vector.
  public var minimumCount = 5
  /// Words with a larger share of the text are dropped at random; 0 drops none.
  public var subsample = 1e-3
  public var epochs = 5
  /// The learning rate at the start; nil for the model's own.
  public var learningRate: Double?
  /// The learning rate at the end, reached in a straight line; nil for the loss's own.
  public var finalLearningRate: Double?
  /// The most different words that are counted at a time.
  public var vocabularyLimit = 10_000_000

  /// What predicts what.
  public enum Model: String, Sendable, Hashable, Codable, CaseIterable {
    /// Each word around a centre meets the centre.
    case skipGram = "skip-gram"
    /// The mean of the words around a centre meets the centre.
    case cbow
  }

  /// What a pair is trained with.
  public enum Loss: String, Sendable, Hashable, Codable, CaseIterable {
    /// The true word against drawn ones, each a yes or no; drawn by their counts to the power of ¾.
    case negativeSampling = "negative-sampling"
    /// The way through a Huffman tree, each turn a yes or no.
    case hierarchicalSoftmax = "hierarchical-softmax"
    /// The softmax of the true word and words drawn uniformly, with biases, trained by Adam.
    case sampledSoftmax = "sampled-softmax"
  }

  public init() {}

  /// The formulation that was common with Keras: the sum of a window of fixed width against its
  /// centre and 16 words drawn uniformly, softmax with biases, Adam at a constant rate, `t = 1e-5`.
  public static var keras: WordTrainingSettings {
    var settings = WordTrainingSettings()
    settings.model = .cbow
    settings.loss = .sampledSoftmax
    settings.shrinksWindow = false
    settings.subsample = 1e-5
    return settings
  }

  /// Negative words of a pair, or words drawn beside the true one.
  public var drawnWords: Int { negatives ?? (loss == .sampledSoftmax ? 16 : 5) }

  /// The learning rate that training starts with.
  ///
  /// 0.04 and 0.05 because negatives shared by neighbours average their noise; a tree has long ways with
  /// many updates of its upper nodes; 0.001 is Adam's.
  public var startingLearningRate: Double {
    if let learningRate { return learningRate }
    switch (model, loss) {
    case (_, .sampledSoftmax): return 0.001
    case (.skipGram, .negativeSampling): return 0.04
    case (.cbow, _): return 0.05
    case (.skipGram, .hierarchicalSoftmax): return 0.025
    }
  }

  /// The learning rate that training ends with; that of Adam stays.
  public var endingLearningRate: Double {
    finalLearningRate ?? (loss == .sampledSoftmax ? startingLearningRate : 1e-4)
  }

  /// Checks each setting.
  ///
  /// - Throws: ``WordVectorError`` with what was expected and what came.
  public func check() throws(WordVectorError) {
    try expect(1...4096 ~= size, "--size", "1 to 4096", size)
    try expect(1...64 ~= window, "--window", "1 to 64", window)
    try expect(1...64 ~= drawnWords, "--negatives", "1 to 64", drawnWords)
    try expect(
      !sharesVectors || loss == .sampledSoftmax, "--share-vectors", "--loss sampled-softmax",
      loss.rawValue)
    try expect(minimumCount >= 1, "--min-count", "at least 1", minimumCount)
    try expect(subsample >= 0 && subsample < 1, "--subsample", "0 to below 1", subsample)
    try expect(1...100_000 ~= epochs, "--epochs", "1 to 100000", epochs)
    let rate = startingLearningRate
    try expect(rate > 0 && rate <= 10, "--learning-rate", "above 0, at most 10", rate)
    let last = endingLearningRate
    try expect(last >= 0 && last <= 10, "--final-learning-rate", "0 to 10", last)
    try expect(
      1000...1_000_000_000 ~= vocabularyLimit, "--vocabulary-limit", "1000 to 1000000000",
      vocabularyLimit)
  }

  private func expect(
    _ isMet: Bool, _ option: String, _ expected: String, _ actual: some Any
  ) throws(WordVectorError) {
    guard isMet else {
      throw WordVectorError(.setting, "\(option): expected \(expected), got \(actual)")
    }
  }
}
