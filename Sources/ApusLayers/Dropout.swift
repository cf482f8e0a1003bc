import ApusGraph
import ApusTensors

/// Dropout: in training each number is zero with probability `rate`, else divided by `1 − rate`.
///
/// Identity when not training, and with rate 0. The mask is a function of the step's random key, so
/// it is made again in the backward pass instead of being stored.
///
/// Reference: Srivastava et al. (2014), "Dropout", JMLR 15.
public struct Dropout: Layer {
  /// The probability of a zero, in `0 ..< 1`.
  public var rate: Double

  public init(_ rate: Double) { self.rate = rate }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    guard rate >= 0, rate < 1 else {
      throw GraphError("dropout", .setting("the rate must be in 0 ..< 1, got \(rate)"))
    }
    guard scope.isTraining, rate > 0 else { return input }
    let (key, stream) = try scope.randomStream()
    return try input.dropout(rate: rate, key: key, stream: stream)
  }
}
