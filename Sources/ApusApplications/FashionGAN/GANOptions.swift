/// Settings that a person named; nil leaves a new run its default and a resumed one its own.
public struct GANOptions: Sendable, Hashable {
  public var data: String?
  public var preset: GANPreset?
  public var loss: GANLoss?
  public var steps: Int?
  public var batchSize: Int?
  public var learningRate: Double?
  public var criticSteps: Int?
  public var penaltyWeight: Double?
  public var averagingDecay: Double?
  public var normalizesSpectra: Bool?
  public var isConditional: Bool?
  public var threads: Int?
  public var seed: UInt64?
  public var limit: Int?
  public var sampleInterval: Int?
  public var checkpointInterval: Int?

  public init() {}

  /// The settings of a new run.
  ///
  /// - Throws: ``RunError/setting(_:)``.
  public func settings() throws(RunError) -> GANSettings {
    var defaults = (preset ?? .dense).defaults
    defaults.loss = loss ?? defaults.loss
    defaults.criticSteps = defaults.loss.isWasserstein ? defaults.criticSteps : 1
    let settings = applied(to: defaults)
    guard penaltyWeight == nil || settings.loss.penalty(settings.penaltyWeight) != nil else {
      throw .setting("--penalty-weight: the loss \(settings.loss.rawValue) has no penalty")
    }
    try settings.check()
    return settings
  }

  /// The settings of a run that goes on: its own, with the steps (upward) and the threads named here.
  ///
  /// - Throws: ``RunError/fixedSettings(path:changes:length:)`` where another setting is to change.
  func settings(
    resuming recorded: GANSettings, of folder: RunFolder
  ) throws(RunError) -> GANSettings {
    var recorded = recorded
    recorded.data = recordedFolder(recorded.data, named: data)
    let settings = applied(to: recorded)
    try settings.check()
    var changes = GANOptions.fixed.compactMap { $0.change(from: recorded, to: settings) }
    if settings.steps < recorded.steps {
      changes.append(
        .init(option: "--steps", recorded: "\(recorded.steps)", requested: "\(settings.steps)"))
    }
    guard changes.isEmpty else {
      throw .fixedSettings(path: folder.path, changes: changes, length: "--steps")
    }
    return settings
  }

  private func applied(to settings: GANSettings) -> GANSettings {
    var settings = settings
    settings.data = data.map(absolutePath) ?? settings.data
    settings.preset = preset ?? settings.preset
    settings.loss = loss ?? settings.loss
    settings.steps = steps ?? settings.steps
    settings.batchSize = batchSize ?? settings.batchSize
    settings.learningRate = learningRate ?? settings.learningRate
    settings.criticSteps = criticSteps ?? settings.criticSteps
    settings.penaltyWeight = penaltyWeight ?? settings.penaltyWeight
    settings.averagingDecay = averagingDecay ?? settings.averagingDecay
    settings.normalizesSpectra = normalizesSpectra ?? settings.normalizesSpectra
    settings.isConditional = isConditional ?? settings.isConditional
    settings.threads = threads ?? settings.threads
    settings.seed = seed ?? settings.seed
    settings.limit = limit ?? settings.limit
    settings.sampleInterval = sampleInterval ?? settings.sampleInterval
    settings.checkpointInterval = checkpointInterval ?? settings.checkpointInterval
    return settings
  }

  private static let fixed: [FixedOption<GANSettings>] = [
    FixedOption(name: "--data") { absolutePath($0.data) },
    FixedOption(name: "--preset") { $0.preset.rawValue },
    FixedOption(name: "--loss") { $0.loss.rawValue },
    FixedOption(name: "--batch-size") { "\($0.batchSize)" },
    FixedOption(name: "--learning-rate") { "\($0.learningRate)" },
    FixedOption(name: "--critic-steps") { "\($0.criticSteps)" },
    FixedOption(name: "--penalty-weight") { "\($0.penaltyWeight)" },
    FixedOption(name: "--average") { "\($0.averagingDecay)" },
    FixedOption(name: "--spectral-norm") { $0.normalizesSpectra ? "on" : "off" },
    FixedOption(name: "--conditional") { $0.isConditional ? "on" : "off" },
    FixedOption(name: "--seed") { "\($0.seed)" },
    FixedOption(name: "--limit") { $0.limit.map { "\($0)" } ?? "none" },
    FixedOption(name: "--sample-every") { "\($0.sampleInterval)" },
    FixedOption(name: "--checkpoint-every") { "\($0.checkpointInterval)" },
  ]
}
