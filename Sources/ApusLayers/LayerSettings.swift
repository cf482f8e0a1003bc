import ApusGraph
import ApusTensors

extension Size2D: ExpressibleByIntegerLiteral {
  /// The same number for both axes: `kernel: 3`.
  public init(integerLiteral side: Int) { self.init(side) }
}

/// Checks a setting that counts something.
func requirePositive(_ value: Int, _ name: String, in layer: String) throws(GraphError) {
  guard value > 0 else {
    throw GraphError(layer, .setting("\(name) must be at least 1, got \(value)"))
  }
}

/// Checks a setting that counts something along both axes of a picture.
func requirePositive(_ size: Size2D, _ name: String, in layer: String) throws(GraphError) {
  try requirePositive(min(size.height, size.width), name, in: layer)
}

/// Checks that `input` is a batch of images.
func requireImages(_ input: Node, in layer: String) throws(GraphError) {
  guard input.shape.rank == 4 else {
    throw GraphError(
      layer, .rank(expected: "4", actual: input.shape.rank),
      [.init(name: "input", type: input.type, axes: "batch, height, width, channel")])
  }
}

/// The shape of a parameter, or an error where its settings ask for more numbers than there can be.
func layerShape(_ extents: [Int], in layer: String) throws(GraphError) -> Shape {
  guard let shape = Shape(checking: extents) else {
    throw GraphError(layer, .setting("parameters of shape \(extents) are too many"))
  }
  return shape
}
