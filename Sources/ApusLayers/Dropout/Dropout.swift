import ApusGraph
import ApusTensors

/// Dropout: in training each number is zero with probability `rate`, else divided by `1 − rate`.
///
/// Identity when predicting, and with rate 0; zeros in training with rate 1, as in Keras and PyTorch.
/// The mask is a function of the step's random key, so it is made again in the backward pass instead
/// of being stored. With ``noise`` numbers along some axes are dropped together.
///
/// - Shapes: `[d…]` → `[d…]`.
///
/// Semantics of Keras' `Dropout` (`noise_shape`) and PyTorch's `torch.nn.Dropout`.
/// Reference: Srivastava et al. (2014), "Dropout", JMLR 15.
public struct Dropout: Layer {
  /// The probability of a zero, in `0 ... 1`.
  public var rate: Double
  /// Which numbers share a draw; nil draws for each.
  public var noise: NoiseShape?

  public init(_ rate: Double, noise: NoiseShape? = nil) {
    self.rate = rate
    self.noise = noise
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireProbability(rate, in: "dropout")
    let shape = try noise?.shape(for: input.shape, in: "dropout") ?? input.shape
    guard scope.drops else { return input }
    return try input.dropped(rate, sharing: shape) { () throws(GraphError) in
      try scope.randomStream()
    }
  }
}
