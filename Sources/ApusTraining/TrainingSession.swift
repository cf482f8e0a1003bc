import ApusEngine
import ApusGraph
import ApusLayers
import ApusModels
import ApusNumerics
import ApusTensors
import Logging

/// The state of a trainer and its loop; lives on the trainer's thread.
final class TrainingSession {
  let recipe: TrainingRecipe
  let settings: TrainerSettings
  private let logger: Logger
  let registry = ParameterRegistry()
  let slots = SlotRegistry()
  let store = VariableStore()
  private var programs = ProgramCache()
  private var evaluators: [WeightsKind: Evaluator] = [:]
  /// Whether the step takes a random key; known once it is traced.
  private var usesKey = false
  private var trainedCount = 0
  private var scalars = StepScalars()
  var position: TrainingPosition
  /// The newest checkpoint, as a sentence names it.
  private var lastCheckpoint: String?
  /// Whether the variables have values: once training has begun.
  private var hasWeights = false

  init(_ recipe: TrainingRecipe, _ settings: TrainerSettings, logger: Logger) {
    self.recipe = recipe
    self.settings = settings
    self.logger = logger
    position = TrainingPosition(metricNames: recipe.metrics.map(\.name))
  }

  typealias Report = (TrainingEvent) -> Void

  func train(
    on source: some TrainingSource, evaluatingOn evaluation: (any TrainingSource)?,
    from start: TrainingStart, _ cancellation: CancellationFlag, _ report: Report
  ) throws -> StopReason {
    guard source.batchesPerEpoch > 0 else { throw TrainingError.noExamples }
    try settings.earlyStopping?.check(isEvaluated: evaluation != nil, recipe.metrics.map(\.name))
    // The memory of the step is free for evaluations once training is over.
    defer { programs = ProgramCache() }
    let clock = ContinuousClock()
    let asked = clock.now
    _ = try programs.program(for: source.batchTypes, planning: stepProgram)
    let planningTime = clock.now - asked
    try begin(from: start, report)
    try checkPosition(source)
    report(.planned(plan(for: source, planningTime)))
    if case .checkpoint = start {
      if cancellation.isRaised { return stop(.cancelled, report) }
      if hasStoppedEarly { return stop(noImprovement, report) }
    } else {
      try save(report)
    }

    var stopwatch = Stopwatch(clock: clock, start: clock.now)
    while position.epoch < settings.epochs {
      let isWhole = try runEpoch(source, cancellation, &stopwatch, report)
      guard isWhole else { return stop(.cancelled, report) }
      let reached = try evaluation.map { try evaluator(defaultKind).evaluate($0) }
      let stops = finishEpoch(source, reached, stopwatch, report)
      try save(report)
      if stops { return stop(noImprovement, report) }
      if cancellation.isRaised, position.epoch < settings.epochs { return stop(.cancelled, report) }
    }
    return stop(.finished, report)
  }

  /// Whether the checkpoint is of the end of a run that early stopping ended.
  private var hasStoppedEarly: Bool {
    guard let stopping = settings.earlyStopping, position.stepInEpoch == 0 else { return false }
    return stopping.isReached(by: position.early)
  }

  private var noImprovement: StopReason {
    .noImprovement(epochs: position.early.epochsWithoutImprovement)
  }

  private func stop(_ reason: StopReason, _ report: Report) -> StopReason {
    logger.info("training stopped", metadata: ["reason": "\(reason)"])
    report(.stopped(reason))
    return reason
  }

  private func plan(for source: some TrainingSource, _ time: Duration) -> TrainingPlan {
    TrainingPlan(
      trainableCount: trainedCount,
      parameterCount: modelVariables.reduce(0) { $0 + $1.type.count }, epochs: settings.epochs,
      stepsPerEpoch: source.batchesPerEpoch, stepsDone: position.step,
      planningSeconds: time / .seconds(1))
  }
}

// MARK: - Steps

extension TrainingSession {
  /// Runs the rest of the current epoch; false where the task was cancelled before its end.
  private func runEpoch(
    _ source: some TrainingSource, _ cancellation: CancellationFlag, _ stopwatch: inout Stopwatch,
    _ report: Report
  ) throws -> Bool {
    let count = source.batchesPerEpoch
    guard position.stepInEpoch < count else { return true }
    let cursor = try source.batches(ofEpoch: position.epoch, skipping: position.stepInEpoch)
    while position.stepInEpoch < count {
      guard let batch = try cursor.next() else {
        throw TrainingError.sourceEnded(
          epoch: position.epoch, batch: position.stepInEpoch, of: count)
      }
      try runStep(batch)
      stopwatch.examples += batch[0].shape[0]
      report(.step(progress(count, stopwatch)))
      if position.stepInEpoch == count { return true }
      let isDue = settings.checkpointInterval.map { position.step.isMultiple(of: $0) } ?? false
      let isCancelled = cancellation.isRaised
      if isDue || isCancelled { try save(report) }
      if isCancelled { return false }
    }
    return true
  }

  private func runStep(_ batch: [Tensor]) throws {
    let program = try programs.program(for: batch.map(\.type), planning: stepProgram)
    let learningRate = settings.schedule.learningRate(atStep: position.step)
    scalars.set(learningRate: learningRate, step: position.step, seed: settings.seed)
    try program.run(batch + scalars.tensors(withKey: usesKey))
    position.learningRate = learningRate
    position.step += 1
    position.stepInEpoch += 1
    let loss = program.scalar(0)
    guard loss.isFinite else { throw diverged("the loss is \(Double(loss).significant(6))") }
    position.means.add(program.scalar, examples: batch[0].shape[0])
  }

  private func finishEpoch(
    _ source: some TrainingSource, _ evaluation: Evaluation?, _ stopwatch: Stopwatch,
    _ report: Report
  ) -> Bool {
    let progress = progress(source.batchesPerEpoch, stopwatch)
    position.epoch += 1
    position.stepInEpoch = 0
    position.means = RunningMeans(names: recipe.metrics.map(\.name))
    let stops =
      settings.earlyStopping?.shouldStop(after: progress.loss, evaluation, state: &position.early)
      ?? false
    report(.epoch(progress, evaluation: evaluation))
    return stops
  }

  private func progress(_ stepsPerEpoch: Int, _ stopwatch: Stopwatch) -> TrainingProgress {
    TrainingProgress(
      step: position.step, epoch: position.epoch + 1, epochs: settings.epochs,
      stepInEpoch: position.stepInEpoch, stepsPerEpoch: stepsPerEpoch,
      learningRate: position.learningRate, loss: position.means.loss,
      metrics: position.means.metrics, examples: stopwatch.examples, seconds: stopwatch.seconds)
  }

  private func stepProgram(_ types: [TensorType]) throws -> Program {
    let step = try TrainingStep(recipe, batch: types, registry: registry, slots: slots)
    usesKey = step.usesKey
    trainedCount = step.trainedCount
    return try Program(step.computation, store: store, options: settings.engine)
  }

  private func diverged(_ what: String) -> TrainingError {
    .diverged(
      step: position.step, learningRate: position.learningRate, what: what,
      checkpoint: lastCheckpoint)
  }
}

// MARK: - State

extension TrainingSession {
  private var defaultKind: WeightsKind { settings.evaluatesAverage ? .averaged : .current }

  /// Sets all variables.
  private func begin(from start: TrainingStart, _ report: Report) throws {
    switch start {
    case .initialValues: set(registry.initialValues(seed: settings.seed))
    case .weights(let tensors):
      set(try matchedWeights(tensors, to: modelVariables) + firstClassifiers)
    case .checkpoint: try resume(report)
    }
    hasWeights = true
  }

  /// What auxiliary classifiers begin with.
  private var firstClassifiers: [(variable: Variable, value: Tensor)] {
    guard recipe.deepSupervision != nil else { return [] }
    return registry.initialValues(seed: settings.seed).filter { !recipe.isOfModel($0.variable) }
  }

  private var modelVariables: [Variable] { registry.variables.filter(recipe.isOfModel) }

  /// Sets the model's variables; slots start at zero, averages at the weights.
  private func set(_ values: [(variable: Variable, value: Tensor)]) {
    position = TrainingPosition(metricNames: recipe.metrics.map(\.name))
    for slot in slots.variables { store[slot] = Tensor(zeros: slot.type) }
    for (variable, value) in values {
      store[variable] = value
      if averages(variable) { store[slots.average(of: variable)] = value }
    }
  }

  private func averages(_ variable: Variable) -> Bool {
    recipe.averaging != nil && variable.isTrainable
  }

  /// The evaluator of these weights, made on first use; traces share the registry, so variables are shared.
  func evaluator(_ kind: WeightsKind) throws(TrainingError) -> Evaluator {
    guard hasWeights else { throw .noWeights }
    let kind = recipe.averaging == nil ? .current : kind
    if let evaluator = evaluators[kind] { return evaluator }
    var substitutes: [Variable: Variable] = [:]
    if kind == .averaged {
      for variable in registry.variables where averages(variable) {
        substitutes[variable] = slots.average(of: variable)
      }
    }
    let evaluator = Evaluator(
      model: recipe.model, loss: recipe.loss, metrics: recipe.metrics, registry: registry,
      store: store, substituting: substitutes, options: settings.engine)
    evaluators[kind] = evaluator
    return evaluator
  }

  /// The model's weights and running statistics by name.
  func weights(_ kind: WeightsKind) throws(TrainingError) -> [(name: String, tensor: Tensor)] {
    guard hasWeights else { throw .noWeights }
    return modelVariables.map { variable in
      let source =
        kind == .averaged && averages(variable) ? slots.average(of: variable) : variable
      return (variable.name, store[source])
    }
  }

  private func checkPosition(_ source: some TrainingSource) throws {
    guard position.stepInEpoch <= source.batchesPerEpoch else {
      throw TrainingError.settings(
        "the checkpoint has done \(position.stepInEpoch) steps of an epoch, "
          + "the data gives \(source.batchesPerEpoch)")
    }
    let begun = position.epoch + (position.stepInEpoch > 0 ? 1 : 0)
    guard begun <= settings.epochs else {
      throw TrainingError.settings(
        "the checkpoint has begun \(begun) epochs of \(settings.epochs)")
    }
  }
}

// MARK: - Checkpoints

extension TrainingSession {
  /// Writes a checkpoint, unless a weight is not finite.
  private func save(_ report: Report) throws {
    guard let path = settings.checkpointFolder else { return }
    let variables = registry.variables + slots.variables
    let tensors = variables.map { (name: $0.name, tensor: store[$0]) }
    if let bad = tensors.first(where: { !$0.tensor.isFinite }) {
      throw diverged("\(bad.name) is not finite")
    }
    let checkpoint = Checkpoint(
      step: position.step, epoch: position.epoch, stepInEpoch: position.stepInEpoch,
      seed: settings.seed, settingsDigest: settings.settingsDigest, means: position.means,
      earlyStopping: position.early, note: settings.note(), tensors: tensors)
    let folder = CheckpointFolder(path)
    try folder.save(checkpoint)
    lastCheckpoint = "\(folder.lastPath) (step \(position.step))"
    logger.debug("checkpoint written", metadata: ["step": "\(position.step)"])
    report(.checkpoint(step: position.step, path: folder.lastPath))
  }

  private func resume(_ report: Report) throws {
    guard let path = settings.checkpointFolder else {
      throw TrainingError.settings("there is no checkpoint folder to resume from")
    }
    let folder = CheckpointFolder(path)
    let loaded = try folder.load()
    let checkpoint = loaded.checkpoint
    try checkpoint.check(
      seed: settings.seed, settingsDigest: settings.settingsDigest,
      metrics: recipe.metrics.map(\.name), path: loaded.path)
    slots.addAverages(of: registry.variables.filter(averages))
    try checkpoint.set(registry.variables + slots.variables, of: store, path: loaded.path)
    position = TrainingPosition(checkpoint)
    if position.step > 0 {
      position.learningRate = settings.schedule.learningRate(atStep: position.step - 1)
    }
    lastCheckpoint = "\(loaded.path) (step \(position.step))"
    guard let notice = loaded.notice else { return }
    try folder.setAsideLast()
    report(.notice(notice))
  }
}
