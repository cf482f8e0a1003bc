import ApusDatasets
import ApusEngine
import ApusTraining

/// What a run of the recipe `fashion` is told.
public struct FashionSettings: Sendable, Hashable {
  /// The folder with the four IDX files.
  public var data = FashionMNIST.defaultFolder
  public var epochs = 30
  public var batchSize = 128
  /// The highest learning rate of the one-cycle schedule.
  public var learningRate = 0.5
  /// The factor on the learning rate of the classifier, the last layer, and of auxiliary ones.
  public var classifierRateFactor: Double {
    get { ownClassifierRateFactor ?? 1 }
    set { ownClassifierRateFactor = newValue == 1 ? nil : newValue }
  }
  /// The factor where it is not 1: records of earlier versions have none.
  private var ownClassifierRateFactor: Double?
  /// The width and height that images are enlarged to.
  public var side = 56
  /// MobileNet's α: every layer has that share of its filters.
  public var width = 1.0
  public var augmentation = Augmentation.both
  public var precision = Precision.float32
  public var threads = min(Machine.coreCount, 512)
  /// Gives the first weights, the order of the images and their changes.
  public var seed: UInt64 = 0
  /// Uses only so many images for training and for testing; nil uses all.
  public var limit: Int?
  /// Steps between checkpoints; nil writes one after each epoch.
  public var checkpointInterval: Int?
  /// The share of each label that is spread over all classes.
  public var labelSmoothing = 0.1
  /// The share of the last step that Nesterov's momentum repeats.
  public var momentum = 0.9
  /// The decoupled decay of weights with two and more axes, in learning rates.
  public var weightDecay = 1e-3
  /// The rate of the dropout before the classifier.
  public var dropout: Double {
    get { ownDropout ?? Self.defaultDropout }
    set { ownDropout = newValue == Self.defaultDropout ? nil : newValue }
  }
  /// The rate where it is not the default: records of earlier versions have none.
  private var ownDropout: Double?
  /// The rate of Keras' MobileNet.
  private static let defaultDropout = 1e-3
  /// How far the weights climb before a gradient is taken, as a norm; 0 takes it where the weights are.
  public var sharpness: Double {
    get { ownSharpness ?? 0 }
    set { ownSharpness = newValue == 0 ? nil : newValue }
  }
  /// The radius where it is not 0: records of earlier versions have none.
  private var ownSharpness: Double? = defaultSharpness(epochs: 30)
  /// What MobileNet begins with.
  public var firstWeights: FirstWeights {
    get { ownFirstWeights ?? .keras }
    set { ownFirstWeights = newValue == .keras ? nil : newValue }
  }
  /// What it begins with where that is not Keras' weights: records of earlier versions have none.
  private var ownFirstWeights: FirstWeights? = .nearIdentity
  /// The weight of the losses of auxiliary classifiers within the network; 0 trains without them.
  public var auxiliaryWeight: Double {
    get { ownAuxiliaryWeight ?? 0 }
    set { ownAuxiliaryWeight = newValue == 0 ? nil : newValue }
  }
  /// The weight where it is not 0: records of earlier versions have none.
  private var ownAuxiliaryWeight: Double? = 0.3
  /// The share of the epochs, the last ones, in which images are mirrored and no more.
  public var mirroredShare = 0.15

  /// The radius of a new run: the first epochs learn less for the climb, the last ones overfit less.
  static func defaultSharpness(epochs: Int) -> Double { epochs < 10 ? 0 : 0.1 }

  /// The factor of a new run: the loss is by far the steepest along the classifier before classes are told
  /// apart, the more so the more features it has, and a short run has no time to find back where the whole
  /// rate throws it off its course.
  static func defaultClassifierRateFactor(epochs: Int, width: Double) -> Double {
    if epochs >= 10 { return 1 }
    return width < 1 ? 0.1 : 0.01
  }

  /// How training images are changed, each time anew.
  public enum Augmentation: String, Sendable, Hashable, Codable, CaseIterable {
    case none
    /// Half of the images are mirrored.
    case flip
    /// Half are mirrored, and all are moved by up to one pixel each way, but in the last epochs.
    case shift
    /// As `shift`, and a quarter of the images lose a rectangle of 2 to 20 %, but in the last epochs.
    case erase
    /// As `erase`, and each image is trained beside its mirror image, with a penalty where the two are judged
    /// differently. A step takes twice as long.
    case both
    /// As `both`, and images are blended two by two, but in the last epochs. The first of two mirror images is
    /// the one that is not mirrored.
    case pair
  }

  /// What the weights are before the first step.
  public enum FirstWeights: String, Sendable, Hashable, Codable, CaseIterable {
    /// Glorot's uniform numbers.
    case keras
    /// The same numbers plus a part of the identity, so that what a layer is given reaches the next one.
    case nearIdentity = "near-identity"
  }

  /// Whether each image of a step is followed by its mirror image.
  var isPaired: Bool { augmentation == .both || augmentation == .pair }

  /// The batches that the statistics of the final weights are taken of: some five thousand images.
  package var statisticsBatchCount: Int { max(1, 5120 / rowCount) }

  /// The images that go through the network in a step.
  package var rowCount: Int { isPaired ? 2 * batchSize : batchSize }

  public init() {}

  /// Checks each setting.
  ///
  /// - Throws: ``RunError/setting(_:)`` with what was expected and what came.
  public func check() throws(RunError) {
    try expect(1...1_000_000 ~= epochs, "--epochs", "1 to 1000000", epochs)
    try expect(1...8192 ~= batchSize, "--batch-size", "1 to 8192", batchSize)
    try expectFactor(learningRate, "--learning-rate")
    try expect(
      0...1000 ~= classifierRateFactor, "--classifier-rate-factor", "0 to 1000",
      classifierRateFactor)
    try expect(8...1024 ~= side, "--side", "8 to 1024 pixels", side)
    try expect(0.04...4 ~= width, "--width", "0.04 to 4", width)
    try expect(1...512 ~= threads, "--threads", "1 to 512", threads)
    for (name, share) in [
      ("labelSmoothing", labelSmoothing), ("momentum", momentum),
      ("mirroredShare", mirroredShare), ("--dropout", dropout),
    ] {
      try expect(share >= 0 && share < 1, name, "0 to below 1", share)
    }
    try expect(
      weightDecay >= 0 && weightDecay.isFinite, "weightDecay", "a number from 0", weightDecay)
    try expect(0...1000 ~= sharpness, "--sharpness", "0 to 1000", sharpness)
    try expect(
      0...1000 ~= auxiliaryWeight, "--auxiliary-weight", "0 to 1000", auxiliaryWeight)
    if let limit { try expect(limit >= 1, "--limit", "at least 1", limit) }
    if let checkpointInterval {
      try expect(checkpointInterval >= 1, "--checkpoint-every", "at least 1", checkpointInterval)
    }
  }
}

/// Seed and threads are in the record itself, where every recipe has them.
extension FashionSettings: Codable {
  private enum CodingKeys: String, CodingKey {
    case data, epochs, batchSize, learningRate, side, width, augmentation, precision, limit
    case checkpointInterval, labelSmoothing, momentum, weightDecay, mirroredShare
    case ownDropout = "dropout"
    case ownSharpness = "sharpness"
    case ownAuxiliaryWeight = "auxiliaryWeight"
    case ownFirstWeights = "firstWeights"
    case ownClassifierRateFactor = "classifierRateFactor"
  }

  /// What a checkpoint must agree on to be gone on from: everything but what a resume may change.
  func digest(
    of data: ImageClassificationData, beside checkpoint: Checkpoint?
  ) throws -> String {
    try SettingsDigest.of(
      self, without: ["epochs"], data, beside: checkpoint?.settingsDigest)
  }

  /// The settings in a run's record.
  ///
  /// - Throws: ``RunError/damaged(file:reason:)`` where one is missing or makes no sense.
  init(in record: RunRecord, of folder: RunFolder) throws(RunError) {
    self = try record.settings(as: FashionSettings.self, of: folder)
    seed = record.seed
    threads = record.threads
    do {
      try check()
    } catch {
      throw .damaged(file: folder.recordFile, reason: "its settings are wrong: \(error)")
    }
  }
}
