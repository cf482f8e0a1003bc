import ApusGraph
import ApusTensors

/// Dropout that stays on at prediction.
///
/// Each prediction is a draw of the network; the mean of several predicts, their spread says how sure
/// it is. The random key of a prediction is an argument of `Evaluator.predict`. Where a network has
/// ordinary dropout, a trace for ``Phase/sampling`` does the same without this layer. Rates 0 and 1
/// as ``Dropout``.
///
/// - Shapes: `[d…]` → `[d…]`.
///
/// Semantics of Keras' `Dropout` called with `training=True`.
/// Reference: Gal, Ghahramani (2016), "Dropout as a Bayesian approximation", arXiv:1506.02142.
public struct MonteCarloDropout: Layer {
  /// The probability of a zero, in `0 ... 1`.
  public var rate: Double
  /// Which numbers share a draw; nil draws for each.
  public var noise: NoiseShape?

  public init(_ rate: Double, noise: NoiseShape? = nil) {
    self.rate = rate
    self.noise = noise
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireProbability(rate, in: "monteCarloDropout")
    let shape = try noise?.shape(for: input.shape, in: "monteCarloDropout") ?? input.shape
    return try input.dropped(rate, sharing: shape) { () throws(GraphError) in
      try scope.randomStreamOfAnyPhase()
    }
  }
}
