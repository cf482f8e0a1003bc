import ApusGraph
import ApusTensors

/// The mean of each channel over the picture.
///
/// - Shapes: `[batch, height, width, channels]` → `[batch, channels]`, or `[batch, 1, 1, channels]`
///   where the axes are kept.
public struct GlobalAveragePooling2D: Layer {
  public var keepsAxes: Bool

  public init(keepsAxes: Bool = false) { self.keepsAxes = keepsAxes }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireImages(input, in: "globalAveragePooling2D")
    return try input.mean(overAxes: [1, 2], keepingAxes: keepsAxes)
  }
}

/// The largest value of each channel over the picture.
///
/// - Shapes: as ``GlobalAveragePooling2D``.
public struct GlobalMaxPooling2D: Layer {
  public var keepsAxes: Bool

  public init(keepsAxes: Bool = false) { self.keepsAxes = keepsAxes }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireImages(input, in: "globalMaxPooling2D")
    return try input.max(overAxes: [1, 2], keepingAxes: keepsAxes)
  }
}
