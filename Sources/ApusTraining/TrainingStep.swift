import ApusGraph
import ApusLayers
import ApusTensors

/// What is trained and how: everything the graph of a step is made of.
public struct TrainingRecipe: Sendable {
  public var model: any Layer
  public var loss: any Loss
  /// What training adds to the loss of each example, a penalty on its predictions; evaluations leave it out.
  public var regularizer: (any Loss)?
  /// Numbers to show beside the loss.
  public var metrics: [any Metric]
  public var optimizer: any Optimizer
  /// The factor on the learning rate of a parameter, of its decay too, from 0: 1 for the rate as it is.
  ///
  /// A step with one below 0 or not finite is a ``GraphError``.
  public var rateFactor: @Sendable (Variable) -> Double
  public var clipping: GradientClipping?
  /// Whether gradients are taken where the loss is nearly the highest around the weights.
  public var sharpness: SharpnessAwareness?
  /// Whether layers within the model have classifiers of their own in training.
  public var deepSupervision: DeepSupervision?
  /// Whether a moving average of the weights is kept.
  public var averaging: WeightAveraging?

  public init(
    model: any Layer, loss: any Loss, regularizer: (any Loss)? = nil,
    metrics: [any Metric] = [Accuracy()], optimizer: any Optimizer = Adam(),
    rateFactor: @escaping @Sendable (Variable) -> Double = { _ in 1 },
    clipping: GradientClipping? = nil, sharpness: SharpnessAwareness? = nil,
    deepSupervision: DeepSupervision? = nil, averaging: WeightAveraging? = nil
  ) {
    self.model = model
    self.loss = loss
    self.regularizer = regularizer
    self.metrics = metrics
    self.optimizer = optimizer
    self.rateFactor = rateFactor
    self.clipping = clipping
    self.sharpness = sharpness
    self.deepSupervision = deepSupervision
    self.averaging = averaging
  }

  /// Whether a parameter is the model's, not that of an auxiliary classifier.
  func isOfModel(_ variable: Variable) -> Bool {
    deepSupervision == nil || !DeepSupervision.isClassifiers(variable)
  }
}

/// One training step as one graph: forward, loss, gradients and the optimizer's update.
///
/// Inputs: the batch's inputs and targets, the learning rate and the number of the update (float32 scalars)
/// and, where a layer is random, the key. Outputs: the sums over the batch of the loss and of each metric,
/// at the top of the climb where there is one.
package struct TrainingStep {
  package let computation: Computation
  package let usesKey: Bool
  /// The model's numbers that a step changes by the optimizer: those of parameters that are not frozen.
  package let trainedCount: Int

  /// Adds up the gradients of several machines; the identity on one.
  ///
  /// It stands between backward and update, so that what a machine sends is final and what it applies is
  /// the sum.
  package typealias GradientExchange = ([Node]) throws(GraphError) -> [Node]

  package init(
    _ recipe: TrainingRecipe, batch: [TensorType], registry: ParameterRegistry,
    slots: SlotRegistry,
    exchange: GradientExchange = { (gradients) throws(GraphError) in gradients }
  ) throws(GraphError) {
    let (input, targets) = try batchPlaceholders(batch)
    let learningRate = try Node.placeholder("learning rate", TensorType([]))
    let step = try Node.placeholder("update number", TensorType([]))

    let pass = try TrainingPass(of: recipe, input, targets, registry)
    let trained = pass.trained
    var combined = try exchange(pass.gradients)
    if let clipping = recipe.clipping { combined = try clipping(combined) }

    var parameters: [TrainedParameter] = []
    for (parameter, gradient) in zip(trained, combined) {
      let factor = recipe.rateFactor(parameter.variable)
      guard factor >= 0, factor.isFinite else {
        throw GraphError(
          "rateFactor",
          .setting("expected a number from 0 for \(parameter.variable.name), got \(factor)"))
      }
      parameters.append(
        TrainedParameter(
          variable: parameter.variable, value: parameter.value, gradient: gradient,
          rateFactor: factor))
    }
    var updates = try recipe.optimizer.updates(
      of: parameters, learningRate: learningRate, step: step, slots: slots)
    if let averaging = recipe.averaging {
      updates += try averaging.updates(
        after: updates, of: trained.map(\.variable), step: step, slots: slots)
    }
    usesKey = pass.key != nil
    trainedCount = trained.lazy.filter { recipe.isOfModel($0.variable) }
      .reduce(0) { $0 + $1.value.type.count }
    computation = Computation(
      inputs: [input, targets, learningRate, step] + (pass.key.map { [$0] } ?? []),
      outputs: try batchSums(pass.losses, recipe.metrics, pass.predictions, targets),
      updates: updates + pass.statistics)
  }
}

/// The placeholders of a batch's inputs and targets.
func batchPlaceholders(_ batch: [TensorType]) throws(GraphError) -> (input: Node, targets: Node) {
  guard batch.count == 2 else {
    throw GraphError("batch", .operandCount(expected: 2, actual: batch.count))
  }
  return (try Node.placeholder("inputs", batch[0]), try Node.placeholder("targets", batch[1]))
}

/// The sums over the batch of the loss and of each metric.
func batchSums(
  _ losses: Node, _ metrics: [any Metric], _ predictions: Node, _ targets: Node
) throws(GraphError) -> [Node] {
  var sums = [try sum("loss", losses, predictions)]
  for metric in metrics {
    sums.append(try sum(metric.name, metric(predictions, targets), predictions))
  }
  return sums
}

/// The sum of what must be one number for each example.
private func sum(
  _ name: String, _ values: Node, _ predictions: Node
) throws(GraphError) -> Node {
  guard values.shape.extents == Array(predictions.shape.extents.prefix(1)) else {
    throw GraphError(
      name, .setting("expected one number for each example, got \(values.type)"),
      [.init(name: "predictions", type: predictions.type)])
  }
  return try values.sum()
}
