import ApusGraph
import ApusLayers
import ApusTensors

/// Auxiliary classifiers of what layers within the model give, which training alone has, so that layers far from
/// the loss learn from it directly: gradients are those of `L(model) + weight·Σ L(classifier)`.
///
/// Each takes the mean of its layer's output over all axes between batch and channels and maps the channels to as
/// many numbers as the model predicts. What a step reports and what evaluations and weights hold is the
/// model's alone; checkpoints have the classifiers, too.
///
/// - Shapes: layers' outputs `[batch, …, channels]`, predictions `[batch, classes]`.
/// - Learns: `auxiliary/<layer>/kernel: [1, 1, channels, classes]`, Glorot uniform;
///   `auxiliary/<layer>/bias: [classes]`, zeros.
///
/// Reference: Lee, Xie, Gallagher, Zhang, Tu (2015), "Deeply-supervised nets", AISTATS; the weight 0.3:
/// Szegedy et al. (2015), "Going deeper with convolutions", CVPR.
public struct DeepSupervision: Sendable, Hashable {
  /// The layers, by the paths of the scopes they are called in, as ``Summary`` names them.
  ///
  /// Of several calls the last one counts. What is frozen learns nothing from its classifier.
  public var layers: [String]
  /// What the classifiers' losses are multiplied by.
  public var weight: Double

  public init(of layers: [String], weight: Double = 0.3) {
    self.layers = layers
    self.weight = weight
  }

  private static let scope = "auxiliary"

  /// Whether a parameter is an auxiliary classifier's, by its name.
  public static func isClassifiers(_ variable: Variable) -> Bool {
    variable.name.hasPrefix(scope + "/")
  }

  /// The weighted sum of the classifiers' losses, a number for each row.
  ///
  /// - Parameter trace: that of the model in training, which has been called.
  /// - Throws: `GraphError` where the model has no such layer, or a layer called as the classifiers are.
  func losses(
    by loss: any Loss, beside predictions: Node, _ targets: Node, in trace: Trace
  ) throws(GraphError) -> Node {
    try check(trace)
    let classes = try predictions.extent(ofAxis: -1, named: "deepSupervision")
    // A pointwise convolution is a product whose kernels ask for no memory in a step.
    let classifier = Conv2D(classes, kernel: 1)
    var sum = try Node.filled(0, like: TensorType([predictions.shape[0]]))
    for layer in layers {
      guard let output = trace.outputs[layer] else {
        throw GraphError("deepSupervision", .missing("the layer \(layer)"))
      }
      let scope = trace.root.scope(Self.scope)
      let logits = try scope.apply(classifier, named: layer, to: means(of: output))
      sum = try sum + loss(logits.reshaped(to: predictions.shape), targets) * weight
    }
    return sum
  }

  /// The channels' means, `[batch, 1, 1, channels]`.
  private func means(of output: Node) throws(GraphError) -> Node {
    let inner = Array(1..<max(1, output.shape.rank - 1))
    let means = inner.isEmpty ? output : try output.mean(overAxes: inner)
    let channels = try output.extent(ofAxis: -1, named: "deepSupervision")
    return try means.reshaped(to: [output.shape[0], 1, 1, channels])
  }

  private func check(_ trace: Trace) throws(GraphError) {
    guard weight > 0, weight.isFinite, !layers.isEmpty else {
      throw GraphError(
        "deepSupervision",
        .setting("expected layers and a positive weight, got \(layers.count) and \(weight)"))
    }
    if let taken = trace.parameters.first(where: { Self.isClassifiers($0.variable) }) {
      throw GraphError("deepSupervision", .nameTaken(taken.variable.name))
    }
  }
}
