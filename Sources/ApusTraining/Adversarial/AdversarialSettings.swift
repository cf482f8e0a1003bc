import ApusEngine
import ApusTensors

/// How long and with what care a GAN is trained.
public struct AdversarialSettings: Sendable {
  /// Outer steps: each is the critic's steps and one of the generator.
  public var steps: Int
  public var learningRate: Double
  /// Gives initial weights, the order of the data and, with the step, everything else that is random.
  public var seed: UInt64
  public var engine: EngineOptions
  /// Outer steps between reported means.
  public var meansInterval: Int
  /// What samples are made of while training goes on, `[count, generatorInputSize]`.
  public var sampleInputs: Tensor
  /// Outer steps between samples.
  public var sampleInterval: Int
  /// Where checkpoints are kept; nil keeps none.
  public var checkpointFolder: String?
  /// Outer steps between checkpoints.
  public var checkpointInterval: Int
  /// What must be the same for a checkpoint to be gone on from, as the application writes it.
  public var settingsDigest: String
  /// What the application keeps with a checkpoint; asked for when one is written, after all events
  /// before it.
  public var note: @Sendable () -> [String: String]

  public init(
    steps: Int, learningRate: Double, seed: UInt64 = 0, engine: EngineOptions = EngineOptions(),
    meansInterval: Int = 100, sampleInputs: Tensor, sampleInterval: Int = 1000,
    checkpointFolder: String? = nil, checkpointInterval: Int = 1000, settingsDigest: String = "",
    note: @escaping @Sendable () -> [String: String] = { [:] }
  ) {
    self.steps = steps
    self.learningRate = learningRate
    self.seed = seed
    self.engine = engine
    self.meansInterval = meansInterval
    self.sampleInputs = sampleInputs
    self.sampleInterval = sampleInterval
    self.checkpointFolder = checkpointFolder
    self.checkpointInterval = checkpointInterval
    self.settingsDigest = settingsDigest
    self.note = note
  }

  /// Checks that the numbers make sense.
  func check() throws(TrainingError) {
    guard steps >= 0 else {
      throw .settings("the number of steps must not be negative, got \(steps)")
    }
    let intervals = [
      ("means are reported", meansInterval), ("samples are made", sampleInterval),
      ("checkpoints are written", checkpointInterval),
    ]
    for (what, interval) in intervals where interval < 1 {
      throw .settings("\(what) every \(interval) steps, expected at least 1")
    }
  }
}
