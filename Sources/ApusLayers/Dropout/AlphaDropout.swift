import ApusGraph
import ApusTensors

/// Dropout that keeps mean 0 and variance 1, for networks of SELU: `y = a·(m·x + (1 − m)·α′) + b`.
///
/// `m` is 0 with probability `p` and else 1; `α′ = −λα ≈ −1.758` is what SELU tends to at −∞;
/// `a = ((1 − p)(1 + p·α′²))^(−1/2)` and `b = −a·p·α′`. Identity when predicting, and with rate 0.
/// Rate 1 is refused: no `a` keeps the variance of a constant. The mask is made again in the backward
/// pass: the value is `a(1 − p)·dropout(x − α′) + a·α′ + b`.
///
/// - Shapes: `[d…]` → `[d…]`.
///
/// Semantics of Keras' `AlphaDropout` and PyTorch's `torch.nn.AlphaDropout`.
/// Reference: Klambauer et al. (2017), "Self-normalizing neural networks", arXiv:1706.02515.
public struct AlphaDropout: Layer {
  /// `p`, the probability of `α′`, in `0 ..< 1`.
  public var rate: Double

  /// `α′ = −λα` of SELU.
  static let saturation = -1.758_099_340_847_376_6

  public init(_ rate: Double) { self.rate = rate }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireProbabilityBelowOne(rate, in: "alphaDropout")
    guard scope.drops, rate > 0 else { return input }
    let low = Self.saturation
    let scale = 1 / ((1 - rate) * (1 + rate * low * low)).squareRoot()
    let (key, stream) = try scope.randomStream()
    let kept = try (input + -low).dropout(rate: rate, key: key, stream: stream)
    return try kept * (scale * (1 - rate)) + scale * low * (1 - rate)
  }
}
