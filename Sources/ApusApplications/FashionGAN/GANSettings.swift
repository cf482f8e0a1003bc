import ApusDatasets
import ApusEngine
import ApusTraining

/// What a run of the recipe `fashion-gan` is told.
public struct GANSettings: Sendable, Hashable {
  /// The folder with the four IDX files.
  public var data = FashionMNIST.defaultFolder
  public var preset = GANPreset.dense
  public var loss = GANLoss.wganOneSided
  /// Outer steps: each is ``criticSteps`` of the critic and one of the generator.
  public var steps = 20_000
  public var batchSize = 100
  public var learningRate = 1e-4
  public var criticSteps = 5
  /// What an excess slope of one costs, where the loss has a penalty.
  public var penaltyWeight = 10.0
  /// The share of Adam's mean that stays at each step.
  public var meanDecay = 0.5
  /// The share of the moving average of the generator that stays at each step; 0 keeps none.
  public var averagingDecay = 0.0
  /// Whether the critic's kernels have spectral norm one.
  public var normalizesSpectra = false
  /// Whether both networks are told the class of a picture.
  public var isConditional = false
  public var threads = min(Machine.coreCount, 512)
  /// Gives the first weights, the order of the images and all noise.
  public var seed: UInt64 = 0
  /// Uses only so many images for training; nil uses all.
  public var limit: Int?
  /// Outer steps between grids of samples.
  public var sampleInterval = 1000
  /// Outer steps between checkpoints.
  public var checkpointInterval = 1000

  public init() {}

  /// Outer steps between lines of the log.
  var meansInterval: Int { min(100, sampleInterval, checkpointInterval) }

  /// Checks each setting.
  ///
  /// - Throws: ``RunError/setting(_:)`` with what was expected and what came.
  public func check() throws(RunError) {
    try expect(1...100_000_000 ~= steps, "--steps", "1 to 100000000", steps)
    try expect(1...8192 ~= batchSize, "--batch-size", "1 to 8192", batchSize)
    try expectFactor(learningRate, "--learning-rate")
    try expect(1...1000 ~= criticSteps, "--critic-steps", "1 to 1000", criticSteps)
    try expectFactor(penaltyWeight, "--penalty-weight")
    try expect(
      averagingDecay >= 0 && averagingDecay < 1, "--average", "0 to below 1", averagingDecay)
    try expect(meanDecay >= 0 && meanDecay < 1, "meanDecay", "0 to below 1", meanDecay)
    try expect(1...512 ~= threads, "--threads", "1 to 512", threads)
    try expect(sampleInterval >= 1, "--sample-every", "at least 1", sampleInterval)
    try expect(checkpointInterval >= 1, "--checkpoint-every", "at least 1", checkpointInterval)
    if let limit { try expect(limit >= 1, "--limit", "at least 1", limit) }
  }
}

/// What the networks of a `fashion-gan` run look like.
public enum GANPreset: String, Sendable, Hashable, Codable, CaseIterable {
  /// Three dense layers each.
  case dense
  /// Convolutions with batch normalization.
  case dcgan
  /// Residual convolutions.
  case wganGPConv = "wgan-gp-conv"

  /// What a run of this preset is told where a person says nothing.
  var defaults: GANSettings {
    var settings = GANSettings()
    settings.preset = self
    switch self {
    case .dense: break
    case .dcgan:
      settings.loss = .vanilla
      settings.learningRate = 2e-4
      settings.steps = 5000
      settings.averagingDecay = 0.999
    case .wganGPConv:
      settings.loss = .wganGP
      settings.learningRate = 5e-4
      settings.criticSteps = 2
      settings.batchSize = 64
      settings.steps = 5000
      settings.averagingDecay = 0.999
    }
    return settings
  }
}

/// What the networks of a `fashion-gan` run minimize.
public enum GANLoss: String, Sendable, Hashable, Codable, CaseIterable {
  /// The Wasserstein distance with the one-sided gradient penalty.
  case wganOneSided = "wgan-one-sided"
  /// The same with the two-sided penalty, squared.
  case wganGP = "wgan-gp"
  /// The same with the one-sided penalty, squared.
  case wganLP = "wgan-lp"
  case vanilla
  case hinge
  case lsgan

  /// Whether the critic has several steps before each of the generator by default.
  var isWasserstein: Bool { self == .wganOneSided || self == .wganGP || self == .wganLP }
}

/// Seed and threads are in the record itself, where every recipe has them.
extension GANSettings: Codable {
  private enum CodingKeys: String, CodingKey {
    case data, preset, loss, steps, batchSize, learningRate, criticSteps, penaltyWeight, meanDecay
    case averagingDecay, normalizesSpectra, isConditional, limit, sampleInterval, checkpointInterval
  }

  /// What a checkpoint must agree on to be gone on from: everything but what a resume may change.
  func digest(
    of data: ImageClassificationData, beside checkpoint: Checkpoint?
  ) throws -> String {
    try SettingsDigest.of(
      self, without: ["steps"], data, beside: checkpoint?.settingsDigest)
  }

  /// The settings in a run's record.
  ///
  /// - Throws: ``RunError/damaged(file:reason:)`` where one is missing or makes no sense.
  init(in record: RunRecord, of folder: RunFolder) throws(RunError) {
    self = try record.settings(as: GANSettings.self, of: folder)
    seed = record.seed
    threads = record.threads
    do {
      try check()
    } catch {
      throw .damaged(file: folder.recordFile, reason: "its settings are wrong: \(error)")
    }
  }
}
