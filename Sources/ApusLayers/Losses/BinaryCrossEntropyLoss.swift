import ApusGraph
import ApusTensors

/// The cross-entropy of the sigmoid of logits `z` with targets `t`, averaged over an example.
///
/// Each pair gives `max(z, 0) − z·t + log(1 + exp(−|z|))`: this form neither overflows nor loses
/// digits for large `|z|`.
///
/// - Shapes: logits and targets (in 0...1) both `[batch, d…]` → `[batch]`.
///
/// Equal to Keras' `BinaryCrossentropy(from_logits=True)`.
public struct BinaryCrossEntropyLoss: Loss {
  public init() {}

  public func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    guard predictions.type == targets.type else {
      throw GraphError(
        "binaryCrossEntropy", .shapesDiffer(predictions.shape, targets.shape),
        [
          .init(name: "predictions", type: predictions.type),
          .init(name: "targets", type: targets.type),
        ])
    }
    // softplus(z) − z·t is the same number; softplus is stable on both sides.
    return try (predictions.softplus() - predictions * targets).meanOfEachExample()
  }
}
