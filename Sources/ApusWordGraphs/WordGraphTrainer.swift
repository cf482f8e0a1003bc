import ApusEngine
import ApusNumerics
import ApusTensors
import ApusWordVectors

/// Trains word vectors in the graph engine, from any inputs.
///
/// It is the slow way: a step touches whole tables. Use it where `apus train words` does not know the
/// inputs; its loops do the same work for words alone. One seed gives the same bits for any number of
/// threads that the engine gives the same bits for.
public final class WordGraphTrainer {
  public let text: WordText
  public let inputs: [any WordInput]
  public let settings: WordTrainingSettings
  private let batchSize: Int
  private let seed: UInt64
  private let graph: WordGraph
  private let targets: WordTargets
  private let keep: [Double]
  private var steps = 0
  private var sentencesDone = 0

  /// A model with small random input vectors, and output vectors as the loss begins with.
  ///
  /// - Parameter batchSize: examples of a step; their changes are added up.
  /// - Throws: ``WordVectorError`` where settings or inputs make no sense.
  public init(
    _ text: WordText, inputs: [any WordInput], _ settings: WordTrainingSettings, seed: UInt64 = 0,
    batchSize: Int = 32, options: EngineOptions = EngineOptions()
  ) throws {
    try settings.check()
    try Self.check(inputs, settings, batchSize)
    guard !settings.sharesVectors || inputs[0].count >= text.vocabulary.count else {
      throw WordVectorError(
        .setting,
        "shared vectors: expected a row of \(inputs[0].name) for each of "
          + "\(text.vocabulary.count) words, got \(inputs[0].count)")
    }
    self.text = text
    self.inputs = inputs
    self.settings = settings
    self.batchSize = batchSize
    self.seed = seed
    graph = WordGraph(
      tables: inputs.map { ($0.name, $0.count) },
      outputs: settings.sharesVectors ? nil : text.vocabulary.count, size: settings.size,
      loss: settings.loss, options: options)
    targets = WordTargets(settings, text.vocabulary)
    keep = text.vocabulary.keepProbabilities(threshold: settings.subsample)
    initialize()
  }

  private static func check(
    _ inputs: [any WordInput], _ settings: WordTrainingSettings, _ batchSize: Int
  ) throws(WordVectorError) {
    guard !inputs.isEmpty, Set(inputs.map(\.name)).count == inputs.count else {
      throw WordVectorError(
        .setting, "expected inputs of different names, got \(inputs.map(\.name))")
    }
    for input in inputs where input.count < 1 || input.name == "outputs" || input.name == "biases" {
      throw WordVectorError(
        .setting, "\(input.name): expected an input with rows and a name that is not taken")
    }
    guard !settings.sharesVectors || inputs[0] is ContextWords else {
      throw WordVectorError(.setting, "shared vectors: expected the words around as first input")
    }
    guard 1...65_536 ~= batchSize else {
      throw WordVectorError(.setting, "batch size: expected 1 to 65536, got \(batchSize)")
    }
  }

  /// Uniform in `±0.5 / size` with outputs of zeros, in `±0.05` with sampled softmax.
  private func initialize() {
    let isSoftmax = settings.loss == .sampledSoftmax
    let reach = isSoftmax ? 0.05 : 0.5 / Float(settings.size)
    let drawn = graph.inputs + (isSoftmax && !settings.sharesVectors ? [graph.outputs] : [])
    for variable in drawn {
      var stream = PhiloxStream(
        seed: seed, purpose: StreamPurpose.initialization, index: stableHash(of: variable.name))
      let numbers = (0..<variable.type.shape.count).map { _ in
        Float.random(in: -reach..<reach, using: &stream)
      }
      graph.store[variable] = Tensor(numbers, shape: variable.type.shape)
    }
  }

  /// Trains for the epochs of the settings.
  ///
  /// - Parameter report: called after each epoch, 1 for the first, with the mean loss of an example in nats.
  public func train(_ report: (_ epoch: Int, _ loss: Double) -> Void = { _, _ in }) throws {
    for epoch in 0..<settings.epochs {
      var (sum, count) = (0.0, 0)
      var batch: [WordBatch.Item] = []
      func step() throws {
        guard !batch.isEmpty else { return }
        sum += try graph.step(WordBatch(batch), rate: nextRate())
        count += batch.count
        batch.removeAll(keepingCapacity: true)
      }
      for number in order(ofEpoch: epoch) {
        let sentence = text.sentences[number]
        var stream = PhiloxStream(
          seed: seed, purpose: StreamPurpose.sentence, epoch: UInt32(truncatingIfNeeded: epoch),
          index: UInt64(number))
        for example in examples(of: sentence, using: &stream) {
          guard let item = try item(of: example, using: &stream) else { continue }
          batch.append(item)
          if batch.count == batchSize { try step() }
        }
        sentencesDone += 1
      }
      try step()
      try expectFinite(sum, epoch)
      report(epoch + 1, sum / Double(max(1, count)))
    }
  }

  /// The sentences in a random order, so that a step does not have a single document's.
  private func order(ofEpoch epoch: Int) -> [Int] {
    var stream = PhiloxStream(
      seed: seed, purpose: StreamPurpose.shuffle, epoch: UInt32(truncatingIfNeeded: epoch))
    return text.sentences.indices.shuffled(using: &stream)
  }

  private func expectFinite(_ loss: Double, _ epoch: Int) throws(WordVectorError) {
    guard loss.isFinite else {
      throw WordVectorError(
        .setting, "training diverged in epoch \(epoch + 1): give a smaller learning rate")
    }
  }

  /// In a straight line over all sentences; with Adam with the corrections of the step.
  private func nextRate() -> Double {
    let all = max(1, text.sentences.count * settings.epochs)
    let share = min(1, Double(sentencesDone) / Double(all))
    let (first, last) = (settings.startingLearningRate, settings.endingLearningRate)
    let rate = first + (last - first) * share
    steps += 1
    return settings.loss == .sampledSoftmax ? RowwiseAdam.rate(rate, step: steps) : rate
  }

  // MARK: Examples

  /// The examples of a sentence: each word that stays with its window, one for each word of it with
  /// skip-gram.
  private func examples(
    of sentence: WordText.Sentence, using stream: inout PhiloxStream
  ) -> [WordExample] {
    let words = sentence.words.filter {
      let chance = keep[Int($0)]
      return chance >= 1 || Double.random(in: 0..<1, using: &stream) < chance
    }
    var examples: [WordExample] = []
    for place in words.indices {
      var reach = settings.window
      if settings.shrinksWindow { reach = Int.random(in: 1...reach, using: &stream) }
      let around = (max(0, place - reach)...min(words.count - 1, place + reach)).filter {
        $0 != place
      }
      let contexts = settings.model == .cbow ? [around] : around.map { [$0] }
      examples += contexts.map {
        WordExample(sentence: words, place: place, context: $0, document: sentence.document)
      }
    }
    return examples
  }

  /// What an example is trained with; nil where no input has anything to say.
  private func item(
    of example: WordExample, using stream: inout PhiloxStream
  ) throws(WordVectorError) -> WordBatch.Item? {
    let rows = inputs.map { $0.rows(of: example) }
    guard rows.contains(where: { !$0.isEmpty }) else { return nil }
    for (input, rows) in zip(inputs, rows) {
      for row in rows where !(0..<input.count ~= row) {
        throw WordVectorError(
          .setting, "\(input.name): expected rows from 0 to \(input.count - 1), got \(row)")
      }
    }
    let word = Int(example.sentence[example.place])
    return WordBatch.Item(rows: rows, targets: targets.targets(of: word, using: &stream))
  }

  // MARK: Results

  /// The table of an input, `float32 [count, size]`; nil where the model has no input of that name.
  public func vectors(of input: String) -> Tensor? {
    graph.inputs.first { $0.name == input }.map { graph.store[$0] }
  }

  /// The output vectors of words, or of the tree's inner nodes, `float32 [words, size]`.
  public var outputVectors: Tensor { graph.store[graph.outputs] }
}
