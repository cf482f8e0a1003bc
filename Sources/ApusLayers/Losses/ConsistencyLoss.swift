import ApusGraph
import ApusTensors

/// How far apart the predictions for two views of one example are, half of their symmetric divergence
/// `½·[KL(p‖q) + KL(q‖p)] = ½·Σₖ (pₖ − qₖ)·(log pₖ − log qₖ)`, times a weight.
///
/// A batch holds one view of each example, then another of each in the same order, as mirrored `ImageBatches`
/// of the module `ApusDatasets` give them; `p` and `q` are the softmaxes of both views' logits. Targets are
/// not read. Both views learn from it: neither is held fixed.
///
/// - Shapes: logits `[2·examples, classes]` → `[2·examples]`, each example's number in the rows of both
///   its views.
///
/// Reference: Wu, Li, Wang, Meng, Qin, Chen, Zhang, Liu (2021), "R-Drop: regularized dropout for neural
/// networks", NeurIPS 34, where the views differ by their dropout.
public struct ConsistencyLoss: Loss {
  /// What the divergence is multiplied by.
  public var weight: Double

  public init(weight: Double = 1) { self.weight = weight }

  public func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    let views = try predictions.logSoftmax().split(into: 2, alongAxis: 0)
    let apart = try (views[0].exponential() - views[1].exponential()) * (views[0] - views[1])
    let divergence = try apart.sum(overAxes: [-1]) * (weight / 2)
    return try Node.concatenated([divergence, divergence], alongAxis: 0)
  }
}
