import ApusEngine
import ApusGraph
import ApusLayers
import ApusModels
import ApusNumerics
import ApusTensors

/// The state of an adversarial trainer and its loop; lives on the trainer's thread.
final class AdversarialSession {
  private let recipe: AdversarialRecipe
  private let settings: AdversarialSettings
  private let registry = ParameterRegistry()
  private let slots = SlotRegistry()
  private let store = VariableStore()
  private var scalars = StepScalars()
  private var critics = ProgramCache()
  private var sampler: Evaluator?
  /// Whether the variables have values: once training has begun.
  private var hasWeights = false
  /// Outer steps done.
  private var step = 0
  private var means: RunningMeans
  /// The newest checkpoint, as a sentence names it.
  private var lastCheckpoint: String?

  init(_ recipe: AdversarialRecipe, _ settings: AdversarialSettings) {
    self.recipe = recipe
    self.settings = settings
    means = RunningMeans(names: recipe.means)
  }

  typealias Report = (AdversarialEvent) -> Void

  func train(
    on source: some TrainingSource, from start: TrainingStart, _ cancellation: CancellationFlag,
    _ report: Report
  ) throws -> StopReason {
    guard source.batchesPerEpoch > 0 else { throw TrainingError.noExamples }
    // The memory of the steps is free for what comes after training.
    defer { critics = ProgramCache() }
    _ = try critics.program(for: source.batchTypes, planning: criticProgram)
    let generator = try generatorProgram(source.batchTypes)
    try begin(from: start, report)
    guard step <= settings.steps else {
      throw TrainingError.settings("the checkpoint has done \(step) steps of \(settings.steps)")
    }
    report(.planned(plan))
    if case .checkpoint = start, cancellation.isRaised { return stop(.cancelled, report) }
    let batches = BatchStream(source, skipping: step * recipe.criticSteps)
    let clock = ContinuousClock()
    var stopwatch = Stopwatch(clock: clock, start: clock.now)
    if case .checkpoint = start {
    } else {
      report(.samples(step: 0, try samples(of: settings.sampleInputs)))
      try save(report)
    }
    while step < settings.steps {
      try runStep(generator, batches, &stopwatch)
      let isCancelled = cancellation.isRaised
      try finishStep(source, stopwatch, isCancelled: isCancelled, report)
      if isCancelled, step < settings.steps { return stop(.cancelled, report) }
    }
    return stop(.finished, report)
  }

  private func stop(_ reason: StopReason, _ report: Report) -> StopReason {
    report(.stopped(reason))
    return reason
  }

  /// Reports what is due after a step.
  private func finishStep(
    _ source: some TrainingSource, _ stopwatch: Stopwatch, isCancelled: Bool, _ report: Report
  ) throws {
    let isLast = step == settings.steps
    let progress = progress(source, stopwatch)
    report(.step(progress))
    if step.isMultiple(of: settings.meansInterval) || isLast {
      report(.means(progress))
      means = RunningMeans(names: recipe.means)
    }
    if step.isMultiple(of: settings.sampleInterval) || isLast {
      report(.samples(step: step, try samples(of: settings.sampleInputs)))
    }
    if step.isMultiple(of: settings.checkpointInterval) || isLast || isCancelled {
      try save(report)
    }
  }

  private var plan: AdversarialPlan {
    func count(_ scope: String) -> Int {
      registry.variables.filter { $0.name.hasPrefix(scope + "/") }
        .reduce(0) { $0 + $1.type.count }
    }
    return AdversarialPlan(
      generatorParameterCount: count(AdversarialRecipe.generatorScope),
      criticParameterCount: count(AdversarialRecipe.criticScope), steps: settings.steps,
      stepsDone: step)
  }

  private func progress(
    _ source: some TrainingSource, _ stopwatch: Stopwatch
  ) -> AdversarialProgress {
    let values = means.metrics
    return AdversarialProgress(
      step: step, steps: settings.steps, criticLoss: means.loss,
      generatorLoss: values["generatorLoss"] ?? .nan, distance: values["distance"] ?? .nan,
      penalty: values["penalty"], gradientNorm: values["gradientNorm"],
      epochs: Double(step * recipe.criticSteps) / Double(source.batchesPerEpoch),
      examples: stopwatch.examples, seconds: stopwatch.seconds)
  }
}

extension AdversarialRecipe {
  /// What means are kept of beside the critic's loss.
  fileprivate var means: [String] { measures + ["generatorLoss"] }
}

// MARK: - Steps

extension AdversarialSession {
  /// The critic's step for whole or partial batches of examples and their classes.
  private func criticProgram(_ types: [TensorType]) throws -> Program {
    guard types.count == 2, types[0].rank > 0 else {
      throw TrainingError.settings("a batch is a tensor of examples and one of their classes")
    }
    let step = try CriticStep(recipe, real: types[0], registry: registry, slots: slots)
    return try Program(step.computation, store: store, options: settings.engine)
  }

  /// The generator's step; it makes as many examples as a whole batch has.
  private func generatorProgram(_ types: [TensorType]) throws -> Program {
    let step = try GeneratorStep(
      recipe, batch: types[0].shape[0], registry: registry, slots: slots)
    return try Program(step.computation, store: store, options: settings.engine)
  }

  /// The critic's steps and the generator's; means are of the critic's, for one outer step.
  private func runStep(
    _ generator: Program, _ batches: BatchStream, _ stopwatch: inout Stopwatch
  ) throws {
    let count = recipe.criticSteps
    var sums = [Double](repeating: 0, count: recipe.measures.count + 1)
    for index in 0..<count {
      let batch = try batches.next()
      let critic = try critics.program(for: batch.map(\.type), planning: criticProgram)
      try run(
        critic, on: recipe.classes == nil ? [batch[0]] : batch, update: step * count + index,
        draw: 2 * (step * count + index))
      for place in sums.indices { sums[place] += critic.scalar(place) / Double(count) }
      stopwatch.examples += batch[0].shape[0]
    }
    try run(generator, on: [], update: step, draw: 2 * step + 1)
    sums.append(generator.scalar(0))
    step += 1
    guard sums[0].isFinite else {
      throw diverged("the critic's loss is \(Double(sums[0]).significant(6))")
    }
    guard sums[sums.count - 1].isFinite else {
      throw diverged("the generator's loss is \(Double(sums[sums.count - 1]).significant(6))")
    }
    means.add({ sums[$0] }, examples: 1)
  }

  /// - Parameters:
  ///   - update: updates of this network done before.
  ///   - draw: tells the step's random numbers from all others: even for the critic, odd for the generator.
  private func run(_ program: Program, on batch: [Tensor], update: Int, draw: Int) throws {
    scalars.set(
      learningRate: settings.learningRate, step: update, seed: settings.seed, draw: draw)
    try program.run(batch + scalars.tensors(withKey: true))
  }

  private func diverged(_ what: String) -> TrainingError {
    .diverged(
      step: step, learningRate: settings.learningRate, what: what, checkpoint: lastCheckpoint)
  }

  func samples(of inputs: Tensor) throws -> Tensor {
    guard hasWeights else { throw TrainingError.noWeights }
    if let sampler { return try sampler.predict(inputs) }
    var substitutes: [Variable: Variable] = [:]
    for variable in registry.variables where averages(variable) {
      substitutes[variable] = slots.average(of: variable)
    }
    let sampler = Evaluator(
      model: recipe.namedGenerator, loss: SoftmaxCrossEntropyLoss(), metrics: [],
      registry: registry, store: store, substituting: substitutes, options: settings.engine)
    self.sampler = sampler
    return try sampler.predict(inputs)
  }
}

// MARK: - State

extension AdversarialSession {
  /// Sets all variables.
  private func begin(from start: TrainingStart, _ report: Report) throws {
    switch start {
    case .initialValues: set(registry.initialValues(seed: settings.seed))
    case .weights(let tensors): set(try matchedWeights(tensors, to: registry.variables))
    case .checkpoint: try resume(report)
    }
    hasWeights = true
  }

  /// Sets the networks' variables; slots start at zero, averages at the weights.
  private func set(_ values: [(variable: Variable, value: Tensor)]) {
    step = 0
    means = RunningMeans(names: recipe.means)
    for slot in slots.variables { store[slot] = Tensor(zeros: slot.type) }
    for (variable, value) in values {
      store[variable] = value
      if averages(variable) { store[slots.average(of: variable)] = value }
    }
  }

  private func averages(_ variable: Variable) -> Bool {
    recipe.averaging != nil && variable.isTrainable
      && variable.name.hasPrefix(AdversarialRecipe.generatorScope + "/")
  }

  func weights() throws(TrainingError) -> [(name: String, tensor: Tensor)] {
    guard hasWeights else { throw .noWeights }
    return registry.variables.map { variable in
      (variable.name, store[averages(variable) ? slots.average(of: variable) : variable])
    }
  }

  /// Writes a checkpoint, unless a weight is not finite.
  private func save(_ report: Report) throws {
    guard let path = settings.checkpointFolder else { return }
    let variables = registry.variables + slots.variables
    let tensors = variables.map { (name: $0.name, tensor: store[$0]) }
    if let bad = tensors.first(where: { !$0.tensor.isFinite }) {
      throw diverged("\(bad.name) is not finite")
    }
    let checkpoint = Checkpoint(
      step: step, epoch: 0, stepInEpoch: 0, seed: settings.seed,
      settingsDigest: settings.settingsDigest, means: means, earlyStopping: .init(),
      note: settings.note(), tensors: tensors)
    let folder = CheckpointFolder(path)
    try folder.save(checkpoint)
    lastCheckpoint = "\(folder.lastPath) (step \(step))"
    report(.checkpoint(step: step, path: folder.lastPath))
  }

  private func resume(_ report: Report) throws {
    guard let path = settings.checkpointFolder else {
      throw TrainingError.settings("there is no checkpoint folder to resume from")
    }
    let folder = CheckpointFolder(path)
    let loaded = try folder.load()
    try loaded.checkpoint.check(
      seed: settings.seed, settingsDigest: settings.settingsDigest, metrics: recipe.means,
      path: loaded.path)
    slots.addAverages(of: registry.variables.filter(averages))
    try loaded.checkpoint.set(
      registry.variables + slots.variables, of: store, path: loaded.path)
    step = loaded.checkpoint.step
    means = loaded.checkpoint.means
    lastCheckpoint = "\(loaded.path) (step \(step))"
    guard let notice = loaded.notice else { return }
    try folder.setAsideLast()
    report(.notice(notice))
  }
}

/// The batches of one epoch after the other.
private final class BatchStream {
  private let source: any TrainingSource
  private var epoch: Int
  private var skipped: Int
  private var cursor: (any BatchCursor)?

  init(_ source: some TrainingSource, skipping count: Int) {
    self.source = source
    (epoch, skipped) = count.quotientAndRemainder(dividingBy: source.batchesPerEpoch)
  }

  func next() throws -> [Tensor] {
    if let batch = try cursor?.next() { return batch }
    if cursor != nil { (epoch, skipped) = (epoch + 1, 0) }
    let cursor = try source.batches(ofEpoch: epoch, skipping: skipped)
    self.cursor = cursor
    guard let batch = try cursor.next() else {
      throw TrainingError.sourceEnded(epoch: epoch, batch: 0, of: source.batchesPerEpoch)
    }
    return batch
  }
}
