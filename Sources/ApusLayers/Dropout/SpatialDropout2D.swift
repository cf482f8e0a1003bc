import ApusGraph
import ApusTensors

/// Dropout of whole channels of pictures: a feature map is dropped everywhere or nowhere.
///
/// Use between convolutions, whose neighbouring pixels are so alike that dropping single numbers
/// hides little. Rates 0 and 1 as ``Dropout``.
///
/// - Shapes: `[batch, height, width, channels]` → the same; one draw for each example and channel.
///
/// Semantics of Keras' `SpatialDropout2D`, and of PyTorch's `Dropout2d` on channels last.
/// Reference: Tompson et al. (2014), "Efficient object localization using convolutional networks",
/// arXiv:1411.4280.
public struct SpatialDropout2D: Layer {
  /// The probability that a channel is zero, in `0 ... 1`.
  public var rate: Double

  public init(_ rate: Double) { self.rate = rate }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireImages(input, in: "spatialDropout2D")
    return try Dropout(rate, noise: [nil, 1, 1, nil])(input, in: scope)
  }
}
