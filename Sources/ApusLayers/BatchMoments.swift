import ApusGraph
import ApusTensors

/// What a call of batch normalization makes of a batch in ``Phase/statistics``.
package struct BatchMoments {
  /// The running mean, and the batch's, `[channels]`.
  package let mean: Computation.Update
  /// The running variance, and the batch's biased one, `[channels]`.
  package let variance: Computation.Update
  /// The values of a channel that they are of.
  package let count: Int
}

extension Scope {
  /// Records the moments of a batch, for running statistics that are taken anew; a layer called twice records
  /// twice, and all values count.
  ///
  /// - Parameters:
  ///   - mean: the batch's, of the type of the parameter `meanName` of this scope.
  ///   - variance: the biased one, of the type of the parameter `varianceName`.
  ///   - count: the values of a channel that they are of, from 0.
  /// - Throws: ``GraphError`` where the scope has no such parameter or one of another type, where it does not
  ///   take statistics (``takesStatistics``) and where `count` is negative.
  public func record(
    mean: Node, for meanName: String, variance: Node, for varianceName: String, of count: Int
  ) throws(GraphError) {
    guard takesStatistics, count >= 0 else {
      throw GraphError(
        fullName(meanName),
        .setting("moments of \(count) values can be recorded only where statistics are taken"))
    }
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
