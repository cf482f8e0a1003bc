import ApusTensors

/// What happens while a GAN trains, in order; the library prints nothing.
public enum AdversarialEvent: Sendable {
  /// The steps' graphs are planned and the weights are set; the first step follows.
  case planned(AdversarialPlan)
  /// Something a person should know, such as a damaged checkpoint that was left aside.
  case notice(String)
  /// An outer step is done.
  case step(AdversarialProgress)
  /// The same progress, at the end of an interval that the means are over.
  case means(AdversarialProgress)
  /// What the generator makes of the settings' inputs after a step.
  case samples(step: Int, Tensor)
  /// A checkpoint is whole on disk.
  case checkpoint(step: Int, path: String)
  /// Training is over.
  case stopped(StopReason)
}

/// What is about to be trained.
public struct AdversarialPlan: Sendable, Hashable {
  public let generatorParameterCount: Int
  public let criticParameterCount: Int
  public let steps: Int
  /// Outer steps done before, by the run that is resumed; 0 for a new one.
  public let stepsDone: Int
}

/// Where training stands after an outer step; means are since the last ``AdversarialEvent/means(_:)``.
public struct AdversarialProgress: Sendable, Hashable {
  /// Outer steps done since the run began.
  public let step: Int
  public let steps: Int
  public let criticLoss: Double
  public let generatorLoss: Double
  /// How far apart the critic's mean scores of real and generated examples are.
  public let distance: Double
  /// What the critic's slopes cost; nil without a penalty.
  public let penalty: Double?
  /// The critic's slope between real and generated examples; nil without a penalty.
  public let gradientNorm: Double?
  /// Passes over the real examples since the run began.
  public let epochs: Double
  /// Real examples seen since this part of the run began.
  public let examples: Int
  /// Seconds of training since this part of the run began, samples and checkpoints included.
  public let seconds: Double
}
