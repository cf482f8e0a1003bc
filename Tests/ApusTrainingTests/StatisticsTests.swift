import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import ApusTraining
import Testing

/// Running statistics taken anew after training.
@Suite struct StatisticsTests {
  private func trained(
    momentum: Double = 0.9, _ settings: TrainerSettings = smallSettings(epochs: 2)
  ) async throws -> Trainer {
    var recipe = smallRecipe
    recipe.model = Sequential {
      Dense(16, activation: .relu)
      BatchNorm(momentum: momentum)
      Dropout(0.25)
      Dense(3)
    }
    let trainer = try Trainer(recipe, settings)
    try await trainer.train(on: SmallSource())
    return trainer
  }

  private func statistics(
    of trainer: Trainer, _ kind: WeightsKind = .current
  ) async throws -> [[Float]] {
    let weights = try await trainer.weights(kind)
    return weights.filter { $0.name.contains("moving") }.map { $0.tensor.scalars() }
  }

  /// Means and variances of four numbers an example in batches of 8, 8, 8, 8 and 4.
  @Test(arguments: [nil, 2, 5, 9])
  func theyAreMeansOverTheBatches(limit: Int?) async throws {
    let trainer = try Trainer(
      TrainingRecipe(
        model: Sequential {
          BatchNorm(momentum: 0.7).named("norm")
          Dense(3)
        }, loss: SoftmaxCrossEntropyLoss()), smallSettings(epochs: 1))
    try await trainer.train(on: SmallSource())
    try await trainer.recomputeStatistics(on: SmallSource(), batches: limit)
    var (means, variances) = ([Double](repeating: 0, count: 4), [Double](repeating: 0, count: 4))
    var examples = 0.0
    let cursor = SmallSource().batches(ofEpoch: 0, skipping: 0)
    for _ in 0..<min(limit ?? 5, 5) {
      let inputs = try #require(try cursor.next())[0]
      let count = Double(inputs.shape[0])
      examples += count
      for channel in 0..<4 {
        let values = stride(from: channel, to: inputs.shape.count, by: 4).map { inputs.doubles[$0] }
        let mean = values.reduce(0, +) / count
        means[channel] += mean * count
        variances[channel] += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      }
    }
    let found = try await statistics(of: trainer)
    for (found, sum) in zip(found.joined(), means + variances) {
      #expect(abs(Double(found) - sum / examples) < 1e-6)
    }
  }

  @Test func theyDoNotDependOnThoseOfTraining() async throws {
    let (slow, fast) = (try await trained(momentum: 0.99), try await trained(momentum: 0.5))
    #expect(try await statistics(of: slow) != statistics(of: fast))
    for trainer in [slow, fast, slow] {
      try await trainer.recomputeStatistics(on: SmallSource(), with: .current)
    }
    #expect(try await statistics(of: slow) == statistics(of: fast))
    #expect(
      try await slow.evaluate(on: SmallSource(), with: .current)
        == fast.evaluate(on: SmallSource(), with: .current))
  }

  @Test func theyAreThoseOfTheWeightsThatAreAsked() async throws {
    let trainer = try await trained()
    try await trainer.recomputeStatistics(on: SmallSource(), with: .current)
    let current = try await statistics(of: trainer)
    try await trainer.recomputeStatistics(on: SmallSource())
    let averaged = try await statistics(of: trainer)
    #expect(current != averaged)
    let named = try await trainer.weights(.averaged)
    let weights = Dictionary(uniqueKeysWithValues: named.map { ($0.name, $0.tensor) })
    let evaluator = try Evaluator(
      model: smallRecipe.model, input: TensorType([8, 4]), weights: weights)
    try evaluator.recomputeStatistics(on: SmallSource())
    #expect(
      try await evaluator.evaluate(SmallSource())
        == trainer.evaluate(on: SmallSource(), with: .averaged))
  }

  @Test func theyStayWhereABatchCannotBeRead() async throws {
    let trainer = try await trained()
    let before = try await statistics(of: trainer)
    await #expect(throws: SmallSource.Failure.self) {
      try await trainer.recomputeStatistics(on: SmallSource(failure: 3))
    }
    for (source, limit) in [(SmallSource(batchesPerEpoch: 0), nil), (SmallSource(), 0)] {
      await #expect(throws: TrainingError.self) {
        try await trainer.recomputeStatistics(on: source, batches: limit)
      }
    }
    #expect(try await statistics(of: trainer) == before)
  }

  @Test func trainingGoesOnWithThoseOfTraining() async throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    let ended = try await trained(smallSettings(epochs: 2, folder: first.path))
    try await ended.recomputeStatistics(on: SmallSource())
    let whole = try await trained(smallSettings(epochs: 3, folder: second.path))
    let resumed = try Trainer(smallRecipe, smallSettings(epochs: 3, folder: first.path))
    try await resumed.train(on: SmallSource(), from: .checkpoint)
    #expect(try await statistics(of: resumed) == statistics(of: whole))
  }

  @Test func aModelWithoutThemStaysAsItIs() async throws {
    let recipe = TrainingRecipe(
      model: SpectralNorm(Dense(3)), loss: SoftmaxCrossEntropyLoss())
    let trainer = try Trainer(recipe, smallSettings(epochs: 1))
    try await trainer.train(on: SmallSource())
    let before = try await trainer.weights(.current).map { $0.tensor.doubles }
    try await trainer.recomputeStatistics(on: SmallSource())
    #expect(try await trainer.weights(.current).map { $0.tensor.doubles } == before)
  }
}
