import ApusEngine
import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors

/// What a model reached on a set of examples.
public struct Evaluation: Sendable, Hashable {
  /// The mean loss of an example.
  public let loss: Double
  /// The mean of each metric by name.
  public let metrics: [String: Double]
  public let examples: Int
}

/// Runs a model for prediction, with programs planned once for each batch shape.
///
/// Use from one thread; the engine's threads belong to it.
public final class Evaluator {
  private let model: any Layer
  private let loss: any Loss
  private let metrics: [any Metric]
  private let registry: ParameterRegistry
  let store: VariableStore
  private let substitutes: [Variable: Variable]
  let options: EngineOptions
  private var evaluations = ProgramCache()
  private var predictions = ProgramCache()
  private var samples = ProgramCache()

  /// An evaluator that shares registry and store with a training program.
  ///
  /// - Parameter substitutes: variables to read in place of a parameter's own, such as averaged weights.
  public init(
    model: any Layer, loss: any Loss, metrics: [any Metric], registry: ParameterRegistry,
    store: VariableStore, substituting substitutes: [Variable: Variable] = [:],
    options: EngineOptions = EngineOptions()
  ) {
    self.model = model
    self.loss = loss
    self.metrics = metrics
    self.registry = registry
    self.store = store
    self.substitutes = substitutes
    self.options = options
  }

  /// An evaluator of `model` with the weights of a file.
  ///
  /// - Parameter input: the type of an input the model takes; other batch sizes may follow.
  /// - Throws: `WeightsError` where a weight is missing, misshapen or not the model's.
  public convenience init(
    model: any Layer, input: TensorType, weights: [String: Tensor],
    loss: any Loss = SoftmaxCrossEntropyLoss(), metrics: [any Metric] = [Accuracy()],
    options: EngineOptions = EngineOptions()
  ) throws {
    let (registry, store) = (ParameterRegistry(), VariableStore())
    _ = try model(
      Node.placeholder("input", input), in: Trace(for: .inference, registry: registry).root)
    for (variable, value) in try matchedWeights(weights, to: registry.variables) {
      store[variable] = value
    }
    self.init(
      model: model, loss: loss, metrics: metrics, registry: registry, store: store,
      options: options)
  }

  /// The means of the loss and the metrics over all batches of a source's first epoch.
  ///
  /// - Parameter observe: called with inputs, targets and predictions of each batch.
  public func evaluate(
    _ source: some TrainingSource,
    observing observe: (_ inputs: Tensor, _ targets: Tensor, _ predictions: Tensor) throws -> Void =
      { _, _, _ in }
  ) throws -> Evaluation {
    var means = RunningMeans(names: metrics.map(\.name))
    let cursor = try source.batches(ofEpoch: 0, skipping: 0)
    var draw = 0
    while let batch = try cursor.next() {
      let program = try evaluations.program(for: batch.map(\.type), planning: evaluationProgram)
      try run(program, on: batch, seed: 0, draw: draw)
      draw += 1
      means.add(program.scalar, examples: batch[0].shape[0])
      try observe(batch[0], batch[1], program.output(metrics.count + 1))
    }
    guard means.count > 0 else { throw TrainingError.noExamples }
    return Evaluation(loss: means.loss, metrics: means.metrics, examples: means.count)
  }

  /// The model's outputs for a batch of inputs.
  ///
  /// - Parameters:
  ///   - seed: with `draw` the key of layers that are random when predicting (`MonteCarloDropout`).
  ///   - draw: tells one prediction from another with the same seed.
  public func predict(_ inputs: Tensor, seed: UInt64 = 0, draw: Int = 0) throws -> Tensor {
    let program = try predictions.program(for: [inputs.type]) { types in
      try predictionProgram(types, for: .inference)
    }
    try run(program, on: [inputs], seed: seed, draw: draw)
    return program.output(0)
  }

  /// The outputs of one draw of the model, with dropout on and batch statistics off.
  ///
  /// The rows of a batch have masks of their own; the same seed and draw give the same masks.
  public func sample(_ inputs: Tensor, seed: UInt64, draw: Int) throws -> Tensor {
    let program = try samples.program(for: [inputs.type]) { types in
      try predictionProgram(types, for: .sampling)
    }
    try run(program, on: [inputs], seed: seed, draw: draw)
    return program.output(0)
  }

  /// The shape of the model's outputs for inputs of a type.
  package func outputShape(for input: TensorType) throws(GraphError) -> Shape {
    try forward(Node.placeholder("inputs", input), for: .inference).output.shape
  }

  /// Whether ``sample(_:seed:draw:)`` draws anything: whether the model has dropout.
  public func hasDropout(for input: TensorType) throws(GraphError) -> Bool {
    try forward(Node.placeholder("inputs", input), for: .sampling).trace.key != nil
  }

  /// Runs a program whose last input is the random key, where it has one.
  func run(_ program: Program, on batch: [Tensor], seed: UInt64, draw: Int) throws {
    let isRandom = program.inputCount > batch.count
    try program.run(batch + (isRandom ? [Tensor([Int64(bitPattern: seed), Int64(draw)])] : []))
  }

  private func evaluationProgram(_ types: [TensorType]) throws -> Program {
    let (input, targets) = try batchPlaceholders(types)
    let (predictions, trace) = try forward(input, for: .inference)
    let sums = try batchSums(try loss(predictions, targets), metrics, predictions, targets)
    let computation = Computation(
      inputs: [input, targets] + (trace.key.map { [$0] } ?? []), outputs: sums + [predictions])
    return try Program(computation, store: store, options: options)
  }

  private func predictionProgram(_ types: [TensorType], for phase: Phase) throws -> Program {
    let input = try Node.placeholder("inputs", types[0])
    let (outputs, trace) = try forward(input, for: phase)
    let computation = Computation(
      inputs: [input] + (trace.key.map { [$0] } ?? []), outputs: [outputs])
    return try Program(computation, store: store, options: options)
  }

  func forward(
    _ input: Node, for phase: Phase
  ) throws(GraphError) -> (output: Node, trace: Trace) {
    var values: [Variable: Node] = [:]
    for variable in registry.variables {
      if let other = substitutes[variable] { values[variable] = try Node.value(of: other) }
    }
    let trace = Trace(for: phase, registry: registry, substituting: values)
    let output = try model(input, in: trace.root)
    return (output, trace)
  }
}
