import ApusGraph
import ApusTensors

/// The mean over an example's numbers of `(prediction − target)²`.
///
/// - Shapes: both `[batch, d…]` → `[batch]`.
public struct MeanSquaredErrorLoss: Loss {
  public init() {}

  public func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    guard predictions.type == targets.type else {
      throw GraphError(
        "meanSquaredError", .shapesDiffer(predictions.shape, targets.shape),
        [
          .init(name: "predictions", type: predictions.type),
          .init(name: "targets", type: targets.type),
        ])
    }
    return try (predictions - targets).squared().meanOfEachExample()
  }
}

extension Node {
  /// The mean over all axes but the first.
  func meanOfEachExample() throws(GraphError) -> Node {
    guard shape.rank > 1 else { return self }
    return try mean(overAxes: Array(1..<shape.rank))
  }
}
