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

  /// A model that begins with a normalization.
  private func normalized(_ first: some Layer) async throws -> Trainer {
    let recipe = TrainingRecipe(
      model: Sequential {
        first
        Dense(3)
      }, loss: SoftmaxCrossEntropyLoss())
    let trainer = try Trainer(recipe, smallSettings(epochs: 1))
    try await trainer.train(on: SmallSource())
    return trainer
  }

  /// Mean and biased variance of each of four numbers in the first batches of 8, 8, 8, 8 and 4 examples.
  private func expected(batches: Int) throws -> [Double] {
    let cursor = SmallSource().batches(ofEpoch: 0, skipping: 0)
    let values = try (0..<batches).flatMap { _ in try #require(try cursor.next())[0].doubles }
    return moments(of: values)
  }

  /// The means of four channels, then their biased variances.
  private func moments(of values: [Double]) -> [Double] {
    let channels = (0..<4).map { channel in
      stride(from: channel, to: values.count, by: 4).map { values[$0] }
    }
    let means = channels.map { $0.reduce(0, +) / Double($0.count) }
    let variances = zip(channels, means).map { values, mean in
      values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }
    return means + variances
  }

  private func expect(_ expected: [Double], of trainer: Trainer) async throws {
    let found = try await statistics(of: trainer).joined().map { Double($0) }
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-6) }
  }

  @Test(arguments: [(nil, 5), (1, 1), (2, 2), (5, 5), (9, 5)])
  func theyAreThoseOfAllValues(limit: Int?, batches: Int) async throws {
    let trainer = try await normalized(BatchNorm(momentum: 0.7))
    try await trainer.recomputeStatistics(on: SmallSource(), batches: limit)
    try await expect(expected(batches: batches), of: trainer)
  }

  /// The first of two sizes comes again after the second.
  @Test func batchesOfTwoSizesCountByTheirExamples() async throws {
    struct Uneven: TrainingSource {
      let rows: [Range<Int>] = [0..<5, 5..<8, 8..<13, 13..<16]
      let whole: [Tensor]
      var batchTypes: [TensorType] { [TensorType([5, 4]), TensorType([5], .int32)] }
      var batchesPerEpoch: Int { rows.count }

      func batches(ofEpoch epoch: Int, skipping count: Int) -> any BatchCursor {
        Cursor(batches: rows[count...].map { rows in whole.map { $0[rows] } })
      }

      final class Cursor: BatchCursor {
        var batches: ArraySlice<[Tensor]>
        init(batches: [[Tensor]]) { self.batches = batches[...] }
        func next() -> [Tensor]? { batches.popFirst() }
      }
    }
    let first = SmallSource(batchSize: 16).batches(ofEpoch: 0, skipping: 0)
    let whole = try #require(try first.next())
    let trainer = try await normalized(BatchNorm())
    try await trainer.recomputeStatistics(on: Uneven(whole: whole))
    try await expect(moments(of: whole[0].doubles), of: trainer)
  }

  /// The second call is given the values doubled.
  @Test func aLayerCalledTwiceHasThoseOfBothCalls() async throws {
    let twice = Block("Twice") { (x, scope) throws(GraphError) in
      let first = try BatchNorm()(x, in: scope.scope("norm"))
      return try first + BatchNorm()(x * 2, in: scope.reusing("norm"))
    }
    let trainer = try await normalized(twice)
    try await trainer.recomputeStatistics(on: SmallSource())
    let once = try expected(batches: 5)
    let found = try await statistics(of: trainer).joined().map { Double($0) }
    for channel in 0..<4 {
      let (mean, variance) = (once[channel], once[channel + 4])
      #expect(abs(found[channel] - 1.5 * mean) < 1e-6)
      #expect(abs(found[channel + 4] - 2.5 * variance - 0.25 * mean * mean) < 1e-5)
    }
  }

  @Test func frozenOnesStay() async throws {
    let both = Sequential {
      Frozen(BatchNorm().named("frozen")).named("base")
      BatchNorm().named("norm")
    }
    let trainer = try await normalized(both)
    let before = try await statistics(of: trainer)
    try await trainer.recomputeStatistics(on: SmallSource())
    let after = try await statistics(of: trainer)
    #expect(before.count == 4)
    for index in 0..<4 { #expect((before[index] == after[index]) == (index < 2)) }
  }

  @Test func dropoutOfEveryPhaseDropsThere() async throws {
    let random = Sequential {
      MonteCarloDropout(0.5)
      BatchNorm()
    }
    let trainer = try await normalized(random)
    var found: [[[Float]]] = []
    for _ in 0..<2 {
      try await trainer.recomputeStatistics(on: SmallSource())
      found.append(try await statistics(of: trainer))
    }
    #expect(found[0] == found[1])
    for (variance, kept) in zip(found[0][1], try expected(batches: 5)[4...]) {
      #expect(Double(variance) > 1.2 * kept)
    }
  }

  @Test func theyDoNotDependOnThoseOfTraining() async throws {
    let (slow, fast) = (try await trained(momentum: 0.99), try await trained(momentum: 0.5))
    #expect(try await statistics(of: slow) != statistics(of: fast))
    let before = try await slow.evaluate(on: SmallSource(), with: .current)
    for trainer in [slow, fast, slow] {
      try await trainer.recomputeStatistics(on: SmallSource(), with: .current)
    }
    #expect(try await statistics(of: slow) == statistics(of: fast))
    let after = try await slow.evaluate(on: SmallSource(), with: .current)
    #expect(try await after == fast.evaluate(on: SmallSource(), with: .current))
    #expect(before.loss != after.loss, "an evaluation that was planned before reads the new ones")
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
      model: smallRecipe.model, input: TensorType([8, 4]), weights: weights,
      options: EngineOptions(threads: 2))
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
    for (source, limit) in [
      (SmallSource(batchesPerEpoch: 0), nil), (SmallSource(), 0), (SmallSource(), -1),
    ] {
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
