import ApusGraph
import ApusLayers
import ApusTensors
import ApusTraining
import Synchronization
import Testing

/// Runs whose losses and metrics are numbers that are told.
@Suite struct EarlyStoppingTests {
  /// Expects a run to end after some epochs, where what is watched has these values, epoch by epoch.
  ///
  /// What is not watched falls all the time.
  private func expectStop(
    after epochs: Int, _ stopping: EarlyStopping, _ values: [Double],
    at location: SourceLocation = #_sourceLocation
  ) async throws {
    let falling = values.indices.map { -Double($0) }
    let isTraining = stopping.quantity == .trainingLoss
    var settings = smallSettings(epochs: values.count, learningRate: 0)
    settings.earlyStopping = stopping
    let recipe = TrainingRecipe(model: Dense(1), loss: Told(), metrics: [Told()], optimizer: SGD())
    let trainer = try Trainer(recipe, settings)
    let log = EventLog()
    let reason = try await trainer.train(
      on: ToldSource(isTraining ? values : falling),
      evaluatingOn: ToldSource(isTraining ? falling : values), reportingTo: log.report)
    #expect(log.epochs.count == epochs, sourceLocation: location)
    let isEarly = epochs < values.count
    let expected = isEarly ? StopReason.noImprovement(epochs: stopping.patience) : .finished
    #expect(reason == expected, sourceLocation: location)
  }

  @Test(arguments: [.trainingLoss, .evaluationLoss] as [EarlyStopping.Quantity])
  func lossesAreToFall(quantity: EarlyStopping.Quantity) async throws {
    let stopping = EarlyStopping(watching: quantity, patience: 2)
    try await expectStop(after: 4, stopping, [5, 4, 4, 4, 1, 1])
    try await expectStop(after: 3, stopping, [1, 2, 3, 4, 5])
    try await expectStop(after: 5, stopping, [5, 4, 3, 2, 1])
  }

  @Test func metricsAreToRise() async throws {
    let stopping = EarlyStopping(watching: .evaluationMetric("score"), patience: 2)
    try await expectStop(after: 4, stopping, [0.25, 0.5, 0.5, 0.375, 1, 1])
    try await expectStop(after: 5, stopping, [1, 2, 3, 4, 5])
    try await expectStop(after: 3, stopping, [5, 4, 3, 2, 1])
    try await expectStop(after: 5, stopping, [-5, -4, -3, -2, -1])
  }

  @Test(arguments: [.trainingLoss, .evaluationLoss] as [EarlyStopping.Quantity])
  func anImprovementBeginsTheCountAnew(quantity: EarlyStopping.Quantity) async throws {
    let stopping = EarlyStopping(watching: quantity, patience: 2)
    try await expectStop(after: 7, stopping, [5, 6, 4, 6, 3, 6, 6, 1])
    // The best value counts, not the last one.
    try await expectStop(after: 3, stopping, [5, 7, 6, 4])
  }

  @Test func smallChangesAreNoImprovement() async throws {
    func stopping(_ quantity: EarlyStopping.Quantity, patience: Int) -> EarlyStopping {
      EarlyStopping(watching: quantity, patience: patience, minimumChange: 0.5)
    }
    // A change of just that is none either.
    let slow = [5, 4.75, 4.5, 4.25, 4, 4, 4, 4]
    try await expectStop(after: 3, stopping(.trainingLoss, patience: 2), slow)
    // The change is one from the best value: 4.25 is better by 0.75, 4 by 0.25.
    try await expectStop(after: 7, stopping(.trainingLoss, patience: 3), slow)
    let rising = slow.map { -$0 }
    let metric = EarlyStopping.Quantity.evaluationMetric("score")
    try await expectStop(after: 3, stopping(metric, patience: 2), rising)
    try await expectStop(after: 7, stopping(metric, patience: 3), rising)
    try await expectStop(after: 4, stopping(metric, patience: 3), [1, 2, 3, 4])
  }
}

/// The targets themselves, whatever is predicted.
private struct Told: Loss, Metric {
  let name = "score"

  func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    try predictions.sum(overAxes: [-1]) * 0 + targets
  }
}

/// Two examples an epoch; their targets are the next of a list each time they are asked for.
private final class ToldSource: TrainingSource {
  let batchTypes = [TensorType([2, 1]), TensorType([2])]
  let batchesPerEpoch = 1
  private let values: [Double]
  private let asked = Mutex(0)

  init(_ values: [Double]) { self.values = values }

  func batches(ofEpoch epoch: Int, skipping count: Int) -> any BatchCursor {
    let place = asked.withLock { asked in
      asked += 1
      return asked - 1
    }
    return Cursor(Float(values[place]))
  }

  private final class Cursor: BatchCursor {
    private var value: Float?

    init(_ value: Float) { self.value = value }

    func next() -> [Tensor]? {
      guard let value else { return nil }
      self.value = nil
      return [Tensor(zeros: TensorType([2, 1])), Tensor([value, value])]
    }
  }
}
