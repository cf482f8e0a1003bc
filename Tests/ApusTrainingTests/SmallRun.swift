import ApusEngine
import ApusGraph
import ApusLayers
import ApusNumerics
import ApusTensors
import ApusTraining

/// Three classes of points around three centres; the last batch of an epoch is a partial one.
struct SmallSource: TrainingSource {
  var batchesPerEpoch = 5
  var batchSize = 8
  /// The batch, counted from the first of the run, at which reading fails, as a killed process would.
  var failure: Int?

  struct Failure: Error {}

  var batchTypes: [TensorType] { [TensorType([batchSize, 4]), TensorType([batchSize], .int32)] }

  func batches(ofEpoch epoch: Int, skipping count: Int) -> any BatchCursor {
    Cursor(source: self, epoch: epoch, position: count)
  }

  private final class Cursor: BatchCursor {
    let source: SmallSource
    let epoch: Int
    var position: Int

    init(source: SmallSource, epoch: Int, position: Int) {
      self.source = source
      self.epoch = epoch
      self.position = position
    }

    func next() throws -> [Tensor]? {
      guard position < source.batchesPerEpoch else { return nil }
      let number = epoch * source.batchesPerEpoch + position
      if number == source.failure { throw Failure() }
      position += 1
      let isLast = position == source.batchesPerEpoch
      var stream = PhiloxStream(seed: 5, purpose: 99, index: UInt64(number))
      let count = isLast ? source.batchSize / 2 : source.batchSize
      let labels = (0..<count).map { _ in stream.uniformInteger(below: 3) }
      let inputs = labels.flatMap { label in
        (0..<4).map { Float(stream.normal(mean: $0 == label ? 2 : 0)) }
      }
      return [Tensor(inputs, shape: [count, 4]), Tensor(labels.map { Int32($0) })]
    }
  }
}

/// A network with everything that has state: statistics, slots, averages, random masks.
let smallRecipe = TrainingRecipe(
  model: Sequential {
    Dense(16, activation: .relu)
    BatchNorm(momentum: 0.9)
    Dropout(0.25)
    Dense(3)
  }, loss: SoftmaxCrossEntropyLoss(), optimizer: Adam(), averaging: WeightAveraging(decay: 0.9))

/// Settings for a small run.
func smallSettings(
  epochs: Int = 3, learningRate: Double = 0.01, folder: String? = nil, interval: Int? = nil
) -> TrainerSettings {
  TrainerSettings(
    epochs: epochs, schedule: ConstantSchedule(learningRate), seed: 11,
    engine: EngineOptions(threads: 2), checkpointFolder: folder, checkpointInterval: interval,
    settingsDigest: "small")
}
