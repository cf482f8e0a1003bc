/// Ends training when what is watched stops improving.
public struct EarlyStopping: Sendable, Hashable {
  /// A number known after each epoch.
  public enum Quantity: Sendable, Hashable {
    /// The mean loss over the epoch's training examples, as ``TrainingProgress`` has it; lower is better.
    case trainingLoss
    /// The loss of the evaluation after the epoch; lower is better.
    case evaluationLoss
    /// A metric of the evaluation after the epoch; higher is better.
    case evaluationMetric(String)
  }

  public var quantity: Quantity
  /// Epochs without improvement in a row that end training; at least 1.
  public var patience: Int
  /// What counts as improvement.
  public var minimumChange: Double

  public init(watching quantity: Quantity, patience: Int = 3, minimumChange: Double = 0) {
    self.quantity = quantity
    self.patience = patience
    self.minimumChange = minimumChange
  }

  /// What was seen so far; part of a checkpoint.
  struct State: Sendable, Hashable {
    /// The best value, with a sign that makes lower better.
    var best = Double.infinity
    var epochsWithoutImprovement = 0
  }

  /// Checks that what is watched will be known.
  func check(isEvaluated: Bool, _ metrics: [String]) throws(TrainingError) {
    switch quantity {
    case .trainingLoss: return
    case .evaluationLoss where isEvaluated: return
    case .evaluationMetric(let name) where isEvaluated && metrics.contains(name): return
    case .evaluationMetric(let name) where isEvaluated:
      throw .settings("early stopping watches \(name), the metrics are \(metrics)")
    default:
      throw .settings("early stopping watches an evaluation, expected data to evaluate on")
    }
  }

  /// Adds an epoch and says whether to stop.
  ///
  /// An epoch without the watched number counts as one without improvement.
  func shouldStop(
    after trainingLoss: Double, _ evaluation: Evaluation?, state: inout State
  ) -> Bool {
    let value: Double? =
      switch quantity {
      case .trainingLoss: trainingLoss
      case .evaluationLoss: evaluation?.loss
      case .evaluationMetric(let name): evaluation?.metrics[name].map { -$0 }
      }
    if let value, value < state.best - minimumChange {
      state = State(best: value)
    } else {
      state.epochsWithoutImprovement += 1
    }
    return isReached(by: state)
  }

  /// Whether as many epochs in a row were without improvement as end training.
  func isReached(by state: State) -> Bool {
    state.epochsWithoutImprovement >= max(1, patience)
  }
}
