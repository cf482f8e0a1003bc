import ApusGraph
import ApusTensors

/// Makes pictures larger by a whole factor: each pixel becomes a block of its copies.
///
/// - Shapes: `[batch, height, width, channels]` → `[batch, height·factor, width·factor, channels]`.
///
/// Keras' `UpSampling2D` with `interpolation="nearest"`.
public struct UpSampling2D: Layer {
  public var factor: Size2D

  public init(_ factor: Size2D = 2) { self.factor = factor }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireImages(input, in: "upSampling2D")
    try requirePositive(factor, "factor", in: "upSampling2D")
    let (batch, height, width) = (input.shape[0], input.shape[1], input.shape[2])
    let channels = input.shape[3]
    let blocks = try Shape.checked(
      [batch, height, factor.height, width, factor.width, channels], in: "upSampling2D")
    return try input.reshaped(to: [batch, height, 1, width, 1, channels]).broadcast(to: blocks)
      .reshaped(to: [batch, height * factor.height, width * factor.width, channels])
  }
}
