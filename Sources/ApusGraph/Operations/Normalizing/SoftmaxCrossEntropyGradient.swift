import ApusTensors

/// The gradient of a softmax cross-entropy with respect to the logits, `(softmax(x)·Σₖ qₖ − q)·g`.
///
/// `q` is the smoothed target of ``SoftmaxCrossEntropy``; its sum is one for whole-number labels.
/// - Shapes: `logits: [N, K]`, `labels: [N]` or `[N, K]`, `gradient: [N]` → `[N, K]`.
/// - Derivative: that of the decomposition.
public struct SoftmaxCrossEntropyGradient: Operation {
  public static let name = "softmaxCrossEntropyGradient"
  /// The share of the target that is spread over all classes.
  public let labelSmoothing: Double

  public init(labelSmoothing: Double = 0) { self.labelSmoothing = labelSmoothing }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(3, in: Self.name)
    try checkLabels(inputs, labelSmoothing, in: Self.name)
    let expected = TensorType([inputs[0].shape[0]], inputs[0].dataType)
    _ = try inputs[2].equal(to: expected, in: Self.name)
    return [inputs[0]]
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let (logits, labels, gradient) = (inputs[0], inputs[1], inputs[2])
    let target = try smoothedLabels(labels, like: logits.type, labelSmoothing)
    var probability = try logits.softmax()
    if labels.dataType.isFloatingPoint {
      probability = try probability * target.sum(overAxes: [-1], keepingAxes: true)
    }
    return [try (probability - target) * gradient.expandingAxis(-1)]
  }
}
