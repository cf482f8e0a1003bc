import ApusDatasets
import ApusTensors
import ApusTraining

/// The images of a `fashion` run: those it is trained on and those it is tested on.
struct FashionData: Sendable {
  let training: ImageClassificationData
  let testing: ImageClassificationData

  /// Reads and checks all four files, then keeps as many images of each set as `limit` says.
  init(from folder: String, limit: Int?) throws {
    let parts = try FashionMNIST.load(from: folder)
    training = parts.training.limited(to: limit ?? .max)
    testing = parts.test.limited(to: limit ?? .max)
  }

  /// Checks that there are enough images for a batch.
  func check(_ settings: FashionSettings) throws(RunError) {
    guard training.count < settings.batchSize else { return }
    throw .setting(
      "--batch-size: expected at most \(training.count), the number of training images, "
        + "got \(settings.batchSize)")
  }

  /// Batches in another order each epoch; images that do not fill the last one sit the epoch out.
  func trainingBatches(_ settings: FashionSettings) throws -> ImageBatches {
    try ImageBatches(
      of: training, batchSize: settings.batchSize, side: settings.side,
      order: .shuffled(seed: settings.seed), augmentation: settings.augmentationSchedule,
      isMirrored: settings.isPaired)
  }

  /// Training images as they are, in the order of the first epoch and in batches of as many rows as a step has;
  /// the statistics of the final weights are taken of the first ones.
  func statisticsBatches(_ settings: FashionSettings) throws -> PrefetchedBatches {
    PrefetchedBatches(
      try ImageBatches(
        of: training, batchSize: min(settings.rowCount, training.count), side: settings.side,
        order: .shuffled(seed: settings.seed)))
  }

  /// All test images in their order.
  static func testBatches(
    of data: ImageClassificationData, _ settings: FashionSettings
  ) throws -> PrefetchedBatches {
    PrefetchedBatches(
      try ImageBatches(
        of: data, batchSize: settings.batchSize, side: settings.side, lastBatch: .short))
  }
}

extension FashionSettings {
  /// The changes of each epoch; the last epochs only mirror, where they do not leave images as they are.
  package var augmentationSchedule: AugmentationSchedule {
    switch augmentation {
    case .none: .none
    case .flip: .flips
    case .shift: ending(.init(flipProbability: 0.5, shift: 1), with: .flips)
    case .erase, .both:
      ending(.init(flipProbability: 0.5, shift: 1, erasing: Self.rectangles), with: .flips)
    case .pair: ending(.init(shift: 1, erasing: Self.rectangles, mixing: .init()), with: .none)
    }
  }

  private static let rectangles = ApusDatasets.Augmentation.Erasing(probability: 0.25)

  private func ending(
    _ changes: ApusDatasets.Augmentation, with last: ApusDatasets.Augmentation
  ) -> AugmentationSchedule {
    let changed = (Double(epochs) * (1 - mirroredShare)).rounded(.up)
    return AugmentationSchedule(changes, then: last, fromEpoch: Int(changed))
  }
}
