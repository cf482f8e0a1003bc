import ApusGraph
import ApusTensors

/// Rows and columns of zeros around a picture.
///
/// - Shapes: `[batch, height, width, channels]` →
///   `[batch, top + height + bottom, left + width + right, channels]`.
public struct ZeroPadding2D: Layer {
  public var top: Int
  public var bottom: Int
  public var left: Int
  public var right: Int

  public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }

  /// The same number on all four sides.
  public init(_ all: Int) { self.init(top: all, bottom: all, left: all, right: all) }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireImages(input, in: "zeroPadding2D")
    return try input.padded(before: [0, top, left, 0], after: [0, bottom, right, 0])
  }
}
