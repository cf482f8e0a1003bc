import ApusFormats
import ApusGraph
import ApusLayers
import ApusTensors
import ApusTraining
import Synchronization
import Testing

@Suite struct TrainerTests {
  @Test func learnsAndReports() async throws {
    let log = EventLog()
    let trainer = try Trainer(smallRecipe, smallSettings(epochs: 20))
    let reason = try await trainer.train(
      on: SmallSource(), evaluatingOn: SmallSource(batchesPerEpoch: 4), reportingTo: log.report)
    #expect(reason == .finished)
    let epoch = ["step", "step", "step", "step", "step", "epoch"]
    var expected = ["planned"]
    for _ in 0..<20 { expected += epoch }
    #expect(log.kinds == expected + ["stopped"])
    let (first, last) = (try #require(log.epochs.first), try #require(log.epochs.last))
    #expect(first.progress.epoch == 1 && first.progress.step == 5)
    #expect(first.progress.examples == 4 * 8 + 4)
    #expect(last.progress.step == 100)
    #expect(last.progress.loss < 0.7 * first.progress.loss)
    let evaluation = try #require(last.evaluation)
    #expect(evaluation.examples == 3 * 8 + 4)
    #expect(try #require(evaluation.metrics["accuracy"]) > 0.7)
    let again = try await trainer.evaluate(on: SmallSource(batchesPerEpoch: 4))
    #expect(again == evaluation)
  }

  @Test func oneSeedGivesTheSameBits() async throws {
    func weights(_ seed: UInt64) async throws -> [[Float]] {
      var settings = smallSettings(epochs: 1)
      settings.seed = seed
      let trainer = try Trainer(smallRecipe, settings)
      try await trainer.train(on: SmallSource())
      return try await trainer.weights(.current).map { $0.tensor.scalars() }
    }
    let (first, second, other) = (
      try await weights(1), try await weights(1), try await weights(2)
    )
    #expect(first == second)
    #expect(first != other)
  }

  @Test func aRegularizerIsLearntFromAndNotEvaluated() async throws {
    /// One for each example, whatever is predicted.
    struct One: Loss {
      func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
        try predictions.sum(overAxes: [-1]) * 0 + 1
      }
    }
    func run(_ regularizer: (any Loss)?) async throws -> (training: Double, evaluation: Double) {
      var recipe = smallRecipe
      recipe.regularizer = regularizer
      let log = EventLog()
      let trainer = try Trainer(recipe, smallSettings(epochs: 1))
      try await trainer.train(on: SmallSource(), reportingTo: log.report)
      let evaluation = try await trainer.evaluate(on: SmallSource())
      return (try #require(log.epochs.first).progress.loss, evaluation.loss)
    }
    let (plain, penalized) = (try await run(nil), try await run(One()))
    #expect(abs(penalized.training - plain.training - 1) < 1e-5)
    #expect(penalized.evaluation == plain.evaluation)
    let smooth = try await run(MeanOfSquares())
    #expect(smooth.evaluation != plain.evaluation)
  }

  /// A penalty on large predictions.
  private struct MeanOfSquares: Loss {
    func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
      try predictions.squared().mean(overAxes: [-1])
    }
  }

  @Test func averagedWeightsAreOthersThanTheCurrent() async throws {
    let trainer = try Trainer(smallRecipe, smallSettings(epochs: 2))
    try await trainer.train(on: SmallSource())
    let (current, averaged) = (
      try await trainer.weights(.current), try await trainer.weights(.averaged)
    )
    #expect(current.map(\.name) == averaged.map(\.name))
    for (one, other) in zip(current, averaged) {
      let isStatistic = one.name.contains("moving")
      #expect((one.tensor.doubles == other.tensor.doubles) == isStatistic, "\(one.name)")
    }
    let evaluations = (
      try await trainer.evaluate(on: SmallSource(), with: .current),
      try await trainer.evaluate(on: SmallSource(), with: .averaged)
    )
    #expect(evaluations.0.loss != evaluations.1.loss)
  }

  @Test func weightsOfAFileEvaluateTheSame() async throws {
    let trainer = try Trainer(smallRecipe, smallSettings(epochs: 2))
    try await trainer.train(on: SmallSource())
    let expected = try await trainer.evaluate(on: SmallSource(), with: .averaged)
    let named = try await trainer.weights(.averaged)
    let weights = Dictionary(uniqueKeysWithValues: named.map { ($0.name, $0.tensor) })
    let evaluator = try Evaluator(
      model: smallRecipe.model, input: TensorType([8, 4]), weights: weights)
    #expect(try evaluator.evaluate(SmallSource()) == expected)

    let next = try Trainer(smallRecipe, smallSettings(epochs: 0))
    try await next.train(on: SmallSource(), from: .weights(weights))
    #expect(try await next.evaluate(on: SmallSource(), with: .current) == expected)
    #expect(try await next.evaluate(on: SmallSource(), with: .averaged) == expected)
  }

  @Test func cancellingFinishesTheStepAndSaves() async throws {
    let folder = try TemporaryFolder()
    let log = EventLog()
    let running = Mutex<Task<StopReason, any Error>?>(nil)
    let ready = Mutex(false)
    let trainer = try Trainer(smallRecipe, smallSettings(folder: folder.path))
    let task = Task {
      try await trainer.train(on: SmallSource()) { event in
        log.report(event)
        guard case .step(let progress) = event, progress.step == 7 else { return }
        while !ready.withLock({ $0 }) {}
        running.withLock { $0?.cancel() }
      }
    }
    running.withLock { $0 = task }
    ready.withLock { $0 = true }
    #expect(try await task.value == .cancelled)
    #expect(log.kinds.suffix(3) == ["step", "checkpoint", "stopped"])
    #expect(try CheckpointFolder(folder.path).load().checkpoint.step == 7)
  }

  @Test func anInfiniteLossStopsAndNamesTheCheckpoint() async throws {
    let folder = try TemporaryFolder()
    var settings = smallSettings(folder: folder.path)
    settings.schedule = StepSchedule(1e-3, factor: 1e60, every: 5)
    let recipe = TrainingRecipe(
      model: Dense(3), loss: SoftmaxCrossEntropyLoss(), optimizer: SGD(momentum: 0.9))
    let trainer = try Trainer(recipe, settings)
    let error = await #expect(throws: TrainingError.self) {
      try await trainer.train(on: SmallSource())
    }
    guard case .diverged(let step, let learningRate, _, let checkpoint) = error else {
      Issue.record("expected divergence, got \(String(describing: error))")
      return
    }
    #expect((6...10).contains(step))
    #expect(learningRate > 1e56)
    #expect(checkpoint == "\(folder.path)/last.safetensors (step 5)")
    #expect(try CheckpointFolder(folder.path).load().checkpoint.step == 5)
  }

  @Test func earlyStoppingWaitsForItsPatience() async throws {
    var settings = smallSettings(epochs: 50, learningRate: 0)
    settings.earlyStopping = EarlyStopping(watching: .evaluationLoss, patience: 2)
    let log = EventLog()
    let recipe = TrainingRecipe(model: Dense(3), loss: SoftmaxCrossEntropyLoss(), optimizer: SGD())
    let trainer = try Trainer(recipe, settings)
    let reason = try await trainer.train(
      on: SmallSource(), evaluatingOn: SmallSource(), reportingTo: log.report)
    #expect(reason == .noImprovement(epochs: 2))
    #expect(log.epochs.count == 3)
  }

  @Test func nothingIsEvaluatedBeforeTraining() async throws {
    let trainer = try Trainer(smallRecipe, smallSettings(epochs: 1))
    await #expect(throws: TrainingError.noWeights) {
      try await trainer.evaluate(on: SmallSource())
    }
    try await trainer.train(on: SmallSource())
    let (averaged, current) = (
      try await trainer.evaluate(on: SmallSource()),
      try await trainer.evaluate(on: SmallSource(), with: .current)
    )
    #expect(averaged.loss != current.loss)
  }

  /// What is watched must be known, and losses are numbers of examples.
  @Test func whatCouldNotBeToldFromResultsIsRefused() async throws {
    for quantity in [
      EarlyStopping.Quantity.evaluationLoss, .evaluationMetric("accuracy"),
      .evaluationMetric("acuracy"),
    ] {
      var settings = smallSettings()
      settings.earlyStopping = EarlyStopping(watching: quantity)
      let trainer = try Trainer(smallRecipe, settings)
      let evaluation = quantity == .evaluationMetric("acuracy") ? SmallSource() : nil
      await #expect(throws: TrainingError.self) {
        try await trainer.train(on: SmallSource(), evaluatingOn: evaluation)
      }
    }
    var recipe = smallRecipe
    recipe.loss = MeanLoss()
    let trainer = try Trainer(recipe, smallSettings())
    await #expect(throws: GraphError.self) { try await trainer.train(on: SmallSource()) }
  }

  @Test func settingsAndSourcesAreChecked() async throws {
    #expect(throws: TrainingError.self) {
      try Trainer(smallRecipe, smallSettings(epochs: -1))
    }
    #expect(throws: TrainingError.self) {
      try Trainer(smallRecipe, smallSettings(interval: 0))
    }
    for names in [["top 5"], [""], ["a", "a"]] {
      var recipe = smallRecipe
      recipe.metrics = names.map(Constant.init)
      #expect(throws: TrainingError.self) { try Trainer(recipe, smallSettings()) }
    }
    let trainer = try Trainer(smallRecipe, smallSettings())
    await #expect(throws: TrainingError.noExamples) {
      try await trainer.train(on: SmallSource(batchesPerEpoch: 0))
    }
    await #expect(throws: TrainingError.self) {
      try await trainer.train(on: SmallSource(), from: .checkpoint)
    }
  }
}

/// A metric that is always one.
private struct Constant: Metric {
  let name: String

  func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    try .filled(1, like: TensorType([predictions.shape[0]]))
  }
}

/// A loss of the whole batch.
private struct MeanLoss: Loss {
  func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    try SoftmaxCrossEntropyLoss()(predictions, targets).mean()
  }
}
