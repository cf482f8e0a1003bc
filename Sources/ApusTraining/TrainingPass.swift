import ApusGraph
import ApusLayers
import ApusTensors

/// The model in training on a batch: the losses of its rows and the gradients that a step applies.
struct TrainingPass {
  let predictions: Node
  /// The loss of each row without that of auxiliary classifiers; behind a climb that at its top, as the
  /// predictions are.
  let losses: Node
  /// The parameters that the step changes, as they are before it and before a climb.
  let trained: [(variable: Variable, value: Node)]
  /// Those of the mean loss, with that of auxiliary classifiers, in the order of the parameters.
  let gradients: [Node]
  /// What the step does to running statistics.
  let statistics: [Computation.Update]
  /// The random key; nil where no layer asked for randomness.
  let key: Node?

  /// The pass at the weights as they are or, where the recipe is aware of sharpness, at the top of a climb.
  ///
  /// Behind a climb the running statistics are those of the rows and weights it began with.
  init(
    of recipe: TrainingRecipe, _ input: Node, _ targets: Node, _ registry: ParameterRegistry
  ) throws(GraphError) {
    guard let sharpness = recipe.sharpness else {
      let trace = Trace(for: .training, registry: registry)
      try self.init(recipe, recipe.regularizer, input, targets, trace)
      return
    }
    let rows = try sharpness.rows(of: input.extent(ofAxis: 0, named: SharpnessAwareness.name))
    let climb = try TrainingPass(
      recipe, nil, input.sliced(alongAxis: 0, to: rows), targets.sliced(alongAxis: 0, to: rows),
      Trace(for: .training, registry: registry))
    let top = try sharpness.top(of: climb.trained.map(\.value), along: climb.gradients)
    let substitutes = Dictionary(uniqueKeysWithValues: zip(climb.trained.map(\.variable), top))
    let trace = Trace(
      for: .training, registry: registry, substituting: substitutes, key: climb.key)
    try self.init(recipe, recipe.regularizer, input, targets, trace, from: climb)
  }

  private init(
    _ recipe: TrainingRecipe, _ regularizer: (any Loss)?, _ input: Node, _ targets: Node,
    _ trace: Trace, from start: TrainingPass? = nil
  ) throws(GraphError) {
    predictions = try recipe.model(input, in: trace.root)
    var losses = try recipe.loss(predictions, targets)
    if let regularizer { losses = try losses + regularizer(predictions, targets) }
    self.losses = losses
    if let supervision = recipe.deepSupervision {
      losses =
        try losses + supervision.losses(by: recipe.loss, beside: predictions, targets, in: trace)
    }
    let mean = try Node.filled(1 / Double(max(1, losses.type.count)), like: losses.type)
    let parameters = trace.trainedParameters
    gradients = try ApusGraph.gradients(of: losses, along: mean, with: parameters.map(\.value))
    trained = start?.trained ?? parameters
    guard trained.map(\.variable) == parameters.map(\.variable) else {
      throw GraphError(
        SharpnessAwareness.name, .setting("the model must ask for the same parameters each time"))
    }
    statistics = start?.statistics ?? trace.updates
    key = trace.key
  }
}
