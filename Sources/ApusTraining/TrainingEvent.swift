/// What happens while a model trains, in order; the library prints nothing.
public enum TrainingEvent: Sendable {
  /// The step's graph is planned and the weights are set; the first step follows.
  case planned(TrainingPlan)
  /// Something a person should know, such as a damaged checkpoint that was left aside.
  case notice(String)
  /// A step is done.
  case step(TrainingProgress)
  /// An epoch is done, with what its evaluation reached where there was one.
  case epoch(TrainingProgress, evaluation: Evaluation?)
  /// A checkpoint is whole on disk.
  case checkpoint(step: Int, path: String)
  /// Training is over.
  case stopped(StopReason)
}

/// Why training ended without an error.
public enum StopReason: Sendable, Hashable {
  /// All epochs are done.
  case finished
  /// The task was cancelled; the step was finished and saved.
  case cancelled
  /// What was watched did not improve for that many epochs.
  case noImprovement(epochs: Int)
}

/// What is about to be trained.
public struct TrainingPlan: Sendable, Hashable {
  public let trainableCount: Int
  public let parameterCount: Int
  public let epochs: Int
  public let stepsPerEpoch: Int
  /// Steps done before, by the run that is resumed; 0 for a new one.
  public let stepsDone: Int
  /// Seconds that tracing and planning the step took.
  public let planningSeconds: Double
}

/// Where training stands after a step.
public struct TrainingProgress: Sendable, Hashable {
  /// Steps done since the run began, earlier parts of a resumed run included.
  public let step: Int
  /// The number of the epoch, 1 for the first.
  public let epoch: Int
  public let epochs: Int
  /// Steps done in this epoch.
  public let stepInEpoch: Int
  public let stepsPerEpoch: Int
  /// The learning rate of the last step.
  public let learningRate: Double
  /// The mean loss of an example since the epoch began; see ``SharpnessAwareness`` for where it is taken.
  public let loss: Double
  /// The mean of each metric since the epoch began, by name.
  public let metrics: [String: Double]
  /// Examples trained since this part of the run began.
  public let examples: Int
  /// Seconds of training since this part of the run began, evaluations and checkpoints included.
  public let seconds: Double
}
