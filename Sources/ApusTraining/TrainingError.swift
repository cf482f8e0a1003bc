/// Why training stopped.
public enum TrainingError: Error, Sendable, Hashable {
  /// The loss of a step, or a weight after it, is not a number or infinite.
  ///
  /// - Parameters:
  ///   - step: the number of the step, 1 for the first.
  ///   - checkpoint: the newest checkpoint whose weights are finite, as text; nil where none was written.
  case diverged(step: Int, learningRate: Double, what: String, checkpoint: String?)
  /// A source gave no examples.
  case noExamples
  /// A batch is not what the source said.
  case sourceEnded(epoch: Int, batch: Int, of: Int)
  case settings(String)
  /// Nothing can be evaluated or predicted before training has begun.
  case noWeights
}

extension TrainingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .diverged(let step, let learningRate, let what, let checkpoint):
      "training diverged: \(what) at step \(step), learning rate \(learningRate); "
        + (checkpoint.map { "the last good checkpoint is \($0)" } ?? "there is no checkpoint")
    case .noExamples: "there are no examples"
    case .sourceEnded(let epoch, let batch, let count):
      "the data of epoch \(epoch + 1) ended after \(batch) of \(count) batches"
    case .settings(let text): text
    case .noWeights: "there are no weights before training has begun"
    }
  }
}
