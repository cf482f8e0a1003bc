import ApusGraph
import ApusTensors

/// Dropout with one mask for all steps of a sequence.
///
/// Use before and after recurrent layers: a mask that changes from step to step is noise that adds up
/// along the sequence. The masks are those of the inputs and outputs; the recurrent connections
/// inside an LSTM stay whole. Rates 0 and 1 as ``Dropout``.
///
/// - Shapes: `[batch, steps, d…]` → the same; one draw for each example and index of `d…`.
///
/// Semantics of `dropout` (not `recurrent_dropout`) in Keras' recurrent layers.
/// Reference: Gal, Ghahramani (2016), "A theoretically grounded application of dropout in recurrent
/// neural networks", arXiv:1512.05287.
public struct VariationalDropout: Layer {
  /// The probability of a zero, in `0 ... 1`.
  public var rate: Double

  public init(_ rate: Double) { self.rate = rate }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let rank = input.shape.rank
    guard rank >= 2 else {
      throw GraphError(
        "variationalDropout", .rank(expected: "at least 2", actual: rank),
        [.init(name: "input", type: input.type, axes: "batch, step, …")])
    }
    let drawn = Set(0..<rank).subtracting([1])
    return try Dropout(rate, noise: .drawing(alongAxes: drawn, ofRank: rank))(input, in: scope)
  }
}
