import ApusTensors

/// The cross-entropy of labels against the softmax of logits, one number for each example.
///
/// `ℓ = −Σₖ qₖ·log softmax(x)ₖ`, where the target `q = (1 − s)·t + s/K` is the label `t` (or the
/// row with a one at a whole-number label) smoothed by `s`.
/// - Shapes: `logits: [N, K]`, `labels: [N]` whole numbers in `0..<K` or `[N, K]` of the logits'
///   type → `[N]`.
/// - Derivative: ``SoftmaxCrossEntropyGradient`` for the logits, `−(1 − s)·log softmax(x)·g` for
///   dense labels.
///
/// Reference for smoothing: Szegedy et al. (2016), "Rethinking the Inception architecture", CVPR.
public struct SoftmaxCrossEntropy: Operation {
  public static let name = "softmaxCrossEntropy"
  /// The share `s` of the target that is spread over all classes.
  public let labelSmoothing: Double

  public init(labelSmoothing: Double = 0) { self.labelSmoothing = labelSmoothing }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(2, in: Self.name)
    try checkLabels(inputs, labelSmoothing, in: Self.name)
    return [TensorType([inputs[0].shape[0]], inputs[0].dataType)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil, nil] }
    let (logits, labels) = (node.inputs[0], node.inputs[1])
    let operation = SoftmaxCrossEntropyGradient(labelSmoothing: labelSmoothing)
    let first = try operation(logits, labels, gradient)
    guard labels.dataType.isFloatingPoint else { return [first, nil] }
    let slope = try logits.logSoftmax() * (labelSmoothing - 1)
    return [first, try slope * gradient.expandingAxis(-1)]
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let target = try smoothedLabels(inputs[1], like: inputs[0].type, labelSmoothing)
    return [try -(target * inputs[0].logSoftmax()).sum(overAxes: [-1])]
  }
}

/// Checks logits `[N, K]` and labels, which are whole numbers `[N]` or of the logits' type.
func checkLabels(
  _ inputs: [TensorType], _ smoothing: Double, in operation: String
) throws(GraphError) {
  let logits = try inputs[0].probable(in: operation)
  try logits.expectRank(2, of: "logits", axes: "example, class", in: operation)
  guard 0...1 ~= smoothing else {
    throw GraphError(operation, .setting("label smoothing must be in 0...1, got \(smoothing)"))
  }
  let labels = inputs[1]
  let isDense = labels.dataType.isFloatingPoint
  if isDense { try labels.expect(logits.dataType, of: "labels", in: operation) }
  if !isDense { try labels.expectIntegers(of: "labels", in: operation) }
  let expected = isDense ? logits.shape : [logits.shape[0]]
  guard labels.shape == expected else {
    throw GraphError(
      operation, .shapesDiffer(labels.shape, expected),
      [
        .init(name: "logits", type: logits, axes: "example, class"),
        .init(name: "labels", type: labels, axes: isDense ? "example, class" : "example"),
      ])
  }
}

/// The target `(1 − s)·t + s/K` of a cross-entropy, `[N, K]`.
func smoothedLabels(
  _ labels: Node, like logits: TensorType, _ smoothing: Double
) throws(GraphError) -> Node {
  let classes = logits.shape[1]
  let target =
    labels.dataType.isFloatingPoint
    ? labels : try labels.oneHot(depth: classes, logits.dataType)
  return try target * (1 - smoothing) + smoothing / Double(classes)
}

extension Node {
  /// The cross-entropy of `labels` against the softmax of these logits, for each example.
  ///
  /// - Shapes: `[d…, K]`, labels `[d…]` whole numbers or `[d…, K]` → `[d…]`.
  public func softmaxCrossEntropy(
    labels: Node, labelSmoothing: Double = 0
  ) throws(GraphError) -> Node {
    let operation = SoftmaxCrossEntropy(labelSmoothing: labelSmoothing)
    guard shape.rank > 2 else { return try operation(self, labels) }
    let rows = Shape(shape.extents.dropLast())
    let isDense = labels.dataType.isFloatingPoint
    guard labels.shape == (isDense ? shape : rows) else {
      throw GraphError(
        SoftmaxCrossEntropy.name, .shapesDiffer(labels.shape, isDense ? shape : rows),
        [.init(name: "logits", type: type), .init(name: "labels", type: labels.type)])
    }
    let flat = Shape([rows.count, shape[shape.rank - 1]])
    let loss = try operation(
      reshaped(to: flat), labels.reshaped(to: isDense ? flat : [rows.count]))
    return try loss.reshaped(to: rows)
  }
}
