import ApusGraph
import ApusTensors

/// Drops a whole branch, for each example or for the whole batch: `y = x·m/(1 − rate)`.
///
/// Use as the last layer of the branch of a ``Residual``: what is dropped leaves the shortcut alone,
/// so the network is shallower in that step. Rates 0 and 1 as ``Dropout``.
///
/// - Shapes: `[batch, d…]` → the same.
///
/// Semantics of `torchvision.ops.StochasticDepth`.
/// Reference: Huang et al. (2016), "Deep networks with stochastic depth", arXiv:1603.09382.
public struct StochasticDepth: Layer {
  /// The probability that a branch is dropped, in `0 ... 1`.
  public var rate: Double
  public var mode: Mode

  /// What is dropped together.
  public enum Mode: Sendable, Hashable {
    /// Each example has its own draw.
    case example
    /// One draw for all examples of a step, as in the paper.
    case batch
  }

  public init(_ rate: Double, mode: Mode = .example) {
    self.rate = rate
    self.mode = mode
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let rank = input.shape.rank
    guard rank >= 1 else {
      throw GraphError(
        "stochasticDepth", .rank(expected: "at least 1", actual: rank),
        [.init(name: "input", type: input.type, axes: "batch, …")])
    }
    let drawn: Set<Int> = mode == .example ? [0] : []
    return try Dropout(rate, noise: .drawing(alongAxes: drawn, ofRank: rank))(input, in: scope)
  }
}
