import ApusEngine

/// Settings that a person named; nil leaves a new run its default and a resumed one its own.
public struct FashionOptions: Sendable, Hashable {
  public var data: String?
  public var epochs: Int?
  public var batchSize: Int?
  public var learningRate: Double?
  public var classifierRateFactor: Double?
  public var side: Int?
  public var width: Double?
  public var augmentation: FashionSettings.Augmentation?
  public var firstWeights: FashionSettings.FirstWeights?
  public var dropout: Double?
  public var sharpness: Double?
  public var auxiliaryWeight: Double?
  public var precision: Precision?
  public var threads: Int?
  public var seed: UInt64?
  public var limit: Int?
  public var checkpointInterval: Int?

  public init() {}

  /// The settings of a new run.
  ///
  /// - Throws: ``RunError/setting(_:)``.
  public func settings() throws(RunError) -> FashionSettings {
    var settings = applied(to: FashionSettings())
    settings.sharpness = sharpness ?? FashionSettings.defaultSharpness(epochs: settings.epochs)
    settings.classifierRateFactor =
      classifierRateFactor
      ?? FashionSettings.defaultClassifierRateFactor(
        epochs: settings.epochs, width: settings.width)
    try settings.check()
    return settings
  }

  /// The settings of a run that goes on: its own, with the epochs (upward) and the threads named here.
  ///
  /// - Throws: ``RunError/fixedSettings(path:changes:)`` where another setting is to change.
  func settings(
    resuming recorded: FashionSettings, of folder: RunFolder
  ) throws(RunError) -> FashionSettings {
    var recorded = recorded
    recorded.data = recordedFolder(recorded.data, named: data)
    let settings = applied(to: recorded)
    try settings.check()
    var changes = FashionOptions.fixed.compactMap { option in
      option.change(from: recorded, to: settings)
    }
    if settings.epochs < recorded.epochs {
      changes.append(
        .init(option: "--epochs", recorded: "\(recorded.epochs)", requested: "\(settings.epochs)"))
    }
    guard changes.isEmpty else { throw .fixedSettings(path: folder.path, changes: changes) }
    return settings
  }

  private func applied(to settings: FashionSettings) -> FashionSettings {
    var settings = settings
    settings.data = data.map(absolutePath) ?? settings.data
    settings.epochs = epochs ?? settings.epochs
    settings.batchSize = batchSize ?? settings.batchSize
    settings.learningRate = learningRate ?? settings.learningRate
    settings.classifierRateFactor = classifierRateFactor ?? settings.classifierRateFactor
    settings.side = side ?? settings.side
    settings.width = width ?? settings.width
    settings.augmentation = augmentation ?? settings.augmentation
    settings.firstWeights = firstWeights ?? settings.firstWeights
    settings.dropout = dropout ?? settings.dropout
    settings.sharpness = sharpness ?? settings.sharpness
    settings.auxiliaryWeight = auxiliaryWeight ?? settings.auxiliaryWeight
    settings.precision = precision ?? settings.precision
    settings.threads = threads ?? settings.threads
    settings.seed = seed ?? settings.seed
    settings.limit = limit ?? settings.limit
    settings.checkpointInterval = checkpointInterval ?? settings.checkpointInterval
    return settings
  }

  private static let fixed: [FixedOption<FashionSettings>] = [
    FixedOption(name: "--data") { absolutePath($0.data) },
    FixedOption(name: "--batch-size") { "\($0.batchSize)" },
    FixedOption(name: "--learning-rate") { "\($0.learningRate)" },
    FixedOption(name: "--classifier-rate-factor") { "\($0.classifierRateFactor)" },
    FixedOption(name: "--side") { "\($0.side)" },
    FixedOption(name: "--width") { "\($0.width)" },
    FixedOption(name: "--augment") { $0.augmentation.rawValue },
    FixedOption(name: "--first-weights") { $0.firstWeights.rawValue },
    FixedOption(name: "--dropout") { "\($0.dropout)" },
    FixedOption(name: "--sharpness") { "\($0.sharpness)" },
    FixedOption(name: "--auxiliary-weight") { "\($0.auxiliaryWeight)" },
    FixedOption(name: "--precision") { $0.precision.rawValue },
    FixedOption(name: "--seed") { "\($0.seed)" },
    FixedOption(name: "--limit") { $0.limit.map { "\($0)" } ?? "none" },
    FixedOption(name: "--checkpoint-every") { $0.checkpointInterval.map { "\($0)" } ?? "none" },
  ]
}
