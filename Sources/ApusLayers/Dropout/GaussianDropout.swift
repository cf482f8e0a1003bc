import ApusGraph
import ApusTensors

/// Multiplies by noise of mean 1 and the variance of dropout, `y = x·ε`, `ε ~ N(1, p/(1 − p))`.
///
/// Identity when predicting, and with rate 0. Rate 1 is refused: the variance has no bound there.
/// The noise is made again in the backward pass.
///
/// - Shapes: `[d…]` → `[d…]`.
///
/// Semantics of Keras' `GaussianDropout`.
/// Reference: Srivastava et al. (2014), "Dropout", JMLR 15, section 10.
public struct GaussianDropout: Layer {
  /// `p`, in `0 ..< 1`.
  public var rate: Double

  public init(_ rate: Double) { self.rate = rate }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireProbabilityBelowOne(rate, in: "gaussianDropout")
    guard scope.drops, rate > 0 else { return input }
    let (key, stream) = try scope.randomStream()
    let deviation = (rate / (1 - rate)).squareRoot()
    return try input
      * key.randomNormal(input.type, stream: stream, mean: 1, standardDeviation: deviation)
  }
}
