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
      order: .shuffled(seed: settings.seed), augmentation: settings.augmentation.changes)
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

extension FashionSettings.Augmentation {
  fileprivate var changes: ApusDatasets.Augmentation {
    switch self {
    case .none: .none
    case .flip: .flips
    case .shift: ApusDatasets.Augmentation(flipProbability: 0.5, shift: 2)
    case .erase:
      ApusDatasets.Augmentation(flipProbability: 0.5, shift: 2, erasing: .init())
    }
  }
}
