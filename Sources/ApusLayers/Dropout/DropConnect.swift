import ApusGraph
import ApusTensors

/// A layer whose weights are dropped: each is zero with probability `rate`, else over `1 − rate`.
///
/// Weights are the layer's trainable parameters of two and more axes (kernels of `Dense` and of
/// convolutions); biases and normalizations stay whole. One mask serves all examples of a step, and
/// the parameters' names are the layer's own. When predicting the weights are whole, which is their
/// mean over the masks. Rates 0 and 1 as ``Dropout``.
///
/// The paper draws a mask for each example, and samples a normal distribution when predicting.
///
/// Reference: Wan et al. (2013), "Regularization of neural networks using DropConnect", ICML 30.
public struct DropConnect<Inner: Layer>: Layer {
  public var layer: Inner
  /// The probability that a weight is zero, in `0 ... 1`.
  public var rate: Double

  public init(_ rate: Double, _ layer: Inner) {
    self.rate = rate
    self.layer = layer
  }

  public var kind: String { layer.kind }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requireProbability(rate, in: "dropConnect")
    return try layer(input, in: scope.droppingWeights(rate))
  }
}
