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
  private let store: VariableStore
  private let substitutes: [Variable: Variable]
  private let options: EngineOptions
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
    for (variable, value) in try matchedWeights(weights, to: registry) { store[variable] = value }
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
    try forward(Node.placeholder("inputs", input), for: .sampling).key != nil
  }

  /// Runs a program whose last input is the random key, where it has one.
  private func run(_ program: Program, on batch: [Tensor], seed: UInt64, draw: Int) throws {
    let isRandom = program.inputCount > batch.count
    try program.run(batch + (isRandom ? [Tensor([Int64(bitPattern: seed), Int64(draw)])] : []))
  }

  private func evaluationProgram(_ types: [TensorType]) throws -> Program {
    let (input, targets) = try batchPlaceholders(types)
    let (predictions, key, _) = try forward(input, for: .inference)
    let sums = try batchSums(try loss(predictions, targets), metrics, predictions, targets)
    let computation = Computation(
      inputs: [input, targets] + (key.map { [$0] } ?? []), outputs: sums + [predictions])
    return try Program(computation, store: store, options: options)
  }

  private func predictionProgram(_ types: [TensorType], for phase: Phase) throws -> Program {
    let input = try Node.placeholder("inputs", types[0])
    let (outputs, key, _) = try forward(input, for: phase)
    let computation = Computation(
      inputs: [input] + (key.map { [$0] } ?? []), outputs: [outputs])
    return try Program(computation, store: store, options: options)
  }

  private func forward(
    _ input: Node, for phase: Phase
  ) throws(GraphError) -> (output: Node, key: Node?, updates: [Computation.Update]) {
    var values: [Variable: Node] = [:]
    for variable in registry.variables {
      if let other = substitutes[variable] { values[variable] = try Node.value(of: other) }
    }
    let trace = Trace(for: phase, registry: registry, substituting: values)
    let output = try model(input, in: trace.root)
    return (output, trace.key, trace.updates)
  }
}

// MARK: - Running statistics

extension Evaluator {
  /// Takes the running statistics of batch normalization anew: each becomes its mean over batches, weighted by
  /// their examples.
  ///
  /// Those of training trail the weights, are of examples as training changes them, and remember where it left
  /// its course; after few steps they can be far from what the final weights make. Here each batch is normalized
  /// by its own statistics, and dropout is off. A few thousand examples are enough, in an order that mixes the
  /// classes and in batches as large as those of training. Statistics of frozen layers stay, and where a batch
  /// cannot be read all do.
  ///
  /// - Parameters:
  ///   - source: batches of inputs and targets; targets are not used.
  ///   - limit: how many batches of the first epoch are used; all where nil.
  ///
  /// Reference: Wu, Johnson (2021), "Rethinking 'Batch' in BatchNorm", arXiv:2105.07576, §3.
  public func recomputeStatistics(on source: some TrainingSource, batches limit: Int? = nil) throws
  {
    var programs = ProgramCache()
    var statistics: [Computation.Update] = []
    var sums: [[Double]] = []
    var examples = 0
    let cursor = try source.batches(ofEpoch: 0, skipping: 0)
    for _ in 0..<min(limit ?? .max, source.batchesPerEpoch) {
      guard let inputs = try cursor.next()?[0] else { break }
      let program = try programs.program(for: [inputs.type]) { types in
        let input = try Node.placeholder("inputs", types[0])
        statistics = try forward(input, for: .statistics).updates
        let computation = Computation(inputs: [input], outputs: statistics.map(\.value))
        return try Program(computation, store: store, options: options)
      }
      if sums.isEmpty {
        sums = statistics.map { [Double](repeating: 0, count: $0.value.type.count) }
      }
      let count = inputs.shape[0]
      try program.run([inputs])
      for index in sums.indices {
        for (element, value) in program.output(index).doubles.enumerated() {
          sums[index][element] += Double(count) * value
        }
      }
      examples += count
    }
    guard examples > 0 else { throw TrainingError.noExamples }
    for (statistic, sum) in zip(statistics, sums) {
      store[statistic.variable] = Tensor(
        sum.map { Float($0 / Double(examples)) }, shape: statistic.value.shape)
    }
  }
}
