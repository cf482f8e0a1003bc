import ApusGraph
import ApusTensors

/// Dropout of whole channels of sequences: a feature is dropped at all steps or at none.
///
/// Use after convolutions over time, whose neighbouring steps are so alike that dropping single
/// numbers hides little. Rates 0 and 1 as ``Dropout``.
///
/// - Shapes: `[batch, steps, channels]` → the same; one draw for each example and channel.
///
/// Semantics of Keras' `SpatialDropout1D`, and of PyTorch's `Dropout1d` on channels last.
/// Reference: Tompson et al. (2014), "Efficient object localization using convolutional networks",
/// arXiv:1411.4280.
public struct SpatialDropout1D: Layer {
  /// The probability that a channel is zero, in `0 ... 1`.
  public var rate: Double

  public init(_ rate: Double) { self.rate = rate }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    guard input.shape.rank == 3 else {
      throw GraphError(
        "spatialDropout1D", .rank(expected: "3", actual: input.shape.rank),
        [.init(name: "input", type: input.type, axes: "batch, step, channel")])
    }
    return try Dropout(rate, noise: [nil, 1, nil])(input, in: scope)
  }
}
