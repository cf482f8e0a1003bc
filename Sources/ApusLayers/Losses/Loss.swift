import ApusGraph
import ApusTensors

/// How far predictions are from targets, one number for each example.
///
/// What is minimized is the mean over the batch.
public protocol Loss: Sendable {
  /// The loss of each example.
  ///
  /// - Shapes: `predictions: [batch, …]` → `[batch]`; each loss says what targets it takes.
  func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node
}
