import ApusGraph
import ApusTensors

/// What a call of batch normalization makes of a batch in ``Phase/statistics``.
public struct BatchMoments {
  /// The running mean, and the batch's.
  public let mean: Computation.Update
  /// The running variance, and the batch's biased one.
  public let variance: Computation.Update
  /// The values of a channel that they are of.
  public let count: Int
}

extension Scope {
  /// Records the moments of a batch, for running statistics that are taken anew; a layer called twice has two.
  ///
  /// - Parameters:
  ///   - mean: the batch's, of the type of the parameter `meanName` of this scope.
  ///   - variance: the biased one, of the type of the parameter `varianceName`.
  ///   - count: the values of a channel that they are of.
  /// - Throws: ``GraphError`` where the scope has no such parameter, or one of another type.
  public func record(
    mean: Node, for meanName: String, variance: Node, for varianceName: String, of count: Int
  ) throws(GraphError) {
    let running = (
      mean: try trace.statistic(fullName(meanName), like: mean),
      variance: try trace.statistic(fullName(varianceName), like: variance)
    )
    trace.record(
      BatchMoments(
        mean: .init(running.mean, to: mean), variance: .init(running.variance, to: variance),
        count: count))
  }
}
