import ApusGraph
import ApusTensors

/// The cross-entropy of the softmax of logits, `−Σₖ tₖ·log softmax(z)ₖ`.
///
/// Label smoothing replaces the target `t` by `(1 − s)·t + s/classes`.
///
/// - Shapes: logits `[batch, classes]`; targets are class indices int32 or int64 `[batch]`, or
///   distributions `[batch, classes]` → `[batch]`.
///
/// Equal to Keras' `SparseCategoricalCrossentropy` and `CategoricalCrossentropy` from logits.
public struct SoftmaxCrossEntropyLoss: Loss {
  /// `s`, in `0 ..< 1`.
  public var labelSmoothing: Double

  public init(labelSmoothing: Double = 0) { self.labelSmoothing = labelSmoothing }

  public func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    try predictions.softmaxCrossEntropy(labels: targets, labelSmoothing: labelSmoothing)
  }
}
