import ApusEngine
import ApusTensors

/// How long, from which numbers and with what care a model is trained.
public struct TrainerSettings: Sendable {
  public var epochs: Int
  public var schedule: any LearningRateSchedule
  /// Gives initial weights and, with epoch and step, everything else that is random.
  public var seed: UInt64
  public var engine: EngineOptions
  public var earlyStopping: EarlyStopping?
  /// Where checkpoints are kept; nil keeps none.
  public var checkpointFolder: String?
  /// Steps between checkpoints, beside those before the first step and after each epoch; nil writes no others.
  public var checkpointInterval: Int?
  /// Whether evaluations use the averaged weights, where the recipe keeps some.
  public var evaluatesAverage: Bool
  /// What must be the same for a checkpoint to be gone on from, as the application writes it.
  public var settingsDigest: String
  /// What the application keeps with a checkpoint; asked for when one is written, after all events before it.
  public var note: @Sendable () -> [String: String]

  public init(
    epochs: Int, schedule: any LearningRateSchedule, seed: UInt64 = 0,
    engine: EngineOptions = EngineOptions(), earlyStopping: EarlyStopping? = nil,
    checkpointFolder: String? = nil, checkpointInterval: Int? = nil,
    evaluatesAverage: Bool = true, settingsDigest: String = "",
    note: @escaping @Sendable () -> [String: String] = { [:] }
  ) {
    self.epochs = epochs
    self.schedule = schedule
    self.seed = seed
    self.engine = engine
    self.earlyStopping = earlyStopping
    self.checkpointFolder = checkpointFolder
    self.checkpointInterval = checkpointInterval
    self.evaluatesAverage = evaluatesAverage
    self.settingsDigest = settingsDigest
    self.note = note
  }
}

/// What a run starts from.
public enum TrainingStart: Sendable {
  /// The initializers of the layers, with the seed.
  case initialValues
  /// The model's weights by name, as from a file; the optimizer and auxiliary classifiers start anew.
  case weights([String: Tensor])
  /// The newest whole checkpoint in the folder of the settings.
  case checkpoint
}

/// Which weights to read.
public enum WeightsKind: Sendable, Hashable {
  /// As the last step left them.
  case current
  /// Their moving average; the current ones where the recipe keeps none.
  case averaged
}
