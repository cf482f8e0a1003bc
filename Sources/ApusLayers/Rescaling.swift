import ApusGraph
import ApusTensors

/// `x·scale + offset` in 32-bit floats, whatever the input holds: bytes of pictures, for instance.
///
/// `Rescaling(scale: 1 / 127.5, offset: -1)` is what Keras' MobileNet and Xception expect of bytes.
public struct Rescaling: Layer {
  public var scale: Double
  public var offset: Double

  public init(scale: Double, offset: Double = 0) {
    self.scale = scale
    self.offset = offset
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try input.cast(to: .float32) * scale + offset
  }
}
