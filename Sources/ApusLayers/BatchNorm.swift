import ApusGraph
import ApusTensors

/// Normalizes each channel over the batch, `y = γ·(x − μ)/√(σ² + ε) + β`.
///
/// In training `μ` and `σ²` are the batch's mean and biased variance, and the running statistics
/// move, `running ← momentum·running + (1 − momentum)·batch`. The running variance takes the biased
/// variance too, as Keras' does (PyTorch's takes the unbiased one). Otherwise `μ` and `σ²` are the
/// running statistics, and the layer is a scale and a shift.
///
/// Running statistics trail the weights by some `1/(1 − momentum)` steps: `Trainer.recomputeStatistics`
/// takes them anew, from batches that are normalized as in training (``Phase/statistics``).
///
/// - Shapes: `[…, channels]` → the same.
/// - Learns: `gamma: [channels]`, ones; `beta: [channels]`, zeros.
/// - Keeps: `moving_mean: [channels]`, zeros; `moving_variance: [channels]`, ones.
///
/// Reference: Ioffe, Szegedy (2015), "Batch normalization", arXiv:1502.03167.
public struct BatchNorm: Layer {
  public var momentum: Double
  public var epsilon: Double
  /// Whether there is a `beta`.
  public var hasOffset: Bool
  /// Whether there is a `gamma`.
  public var hasScale: Bool

  public init(
    momentum: Double = 0.99, epsilon: Double = 1e-3, hasOffset: Bool = true, hasScale: Bool = true
  ) {
    self.momentum = momentum
    self.epsilon = epsilon
    self.hasOffset = hasOffset
    self.hasScale = hasScale
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    guard (0...1).contains(momentum), epsilon > 0 else {
      throw GraphError(
        "batchNorm",
        .setting("momentum must be in 0...1 and epsilon positive, got \(momentum) and \(epsilon)"))
    }
    let channels: Shape = [try input.extent(ofAxis: -1, named: "batchNorm")]
    let gamma =
      hasScale
      ? try scope.parameter("gamma", channels, initializer: .ones)
      : try Node.filled(1, like: TensorType(channels))
    let beta =
      hasOffset
      ? try scope.parameter("beta", channels, initializer: .zeros)
      : try Node.filled(0, like: TensorType(channels))
    let mean = try scope.parameter(
      "moving_mean", channels, initializer: .zeros, isTrainable: false)
    let variance = try scope.parameter(
      "moving_variance", channels, initializer: .ones, isTrainable: false)
    guard scope.isTraining || scope.takesStatistics else {
      return try input.batchNormalized(
        scale: gamma, offset: beta, mean: mean, variance: variance, epsilon: epsilon)
    }
    let batch = try input.batchNormalized(scale: gamma, offset: beta, epsilon: epsilon)
    if scope.takesStatistics {
      try scope.record(
        mean: batch.mean, for: "moving_mean", variance: batch.variance, for: "moving_variance",
        of: input.type.count / max(1, channels.count))
    } else {
      try scope.update("moving_mean", to: moved(mean, towards: batch.mean))
      try scope.update("moving_variance", to: moved(variance, towards: batch.variance))
    }
    return batch.value
  }

  private func moved(_ running: Node, towards batch: Node) throws(GraphError) -> Node {
    try running * momentum + batch * (1 - momentum)
  }
}
