import ApusGraph
import ApusLayers
import ApusTensors
import Logging

/// Trains a model: a loop of steps with evaluation, checkpoints and events.
///
/// Everything runs on a thread of the trainer's own; the calls wait for it without holding a thread. One seed
/// and one number of threads give the same bits, whether a run was interrupted or not. The program of the step
/// and its memory are given back when training ends, so evaluating afterwards needs no memory beside it.
///
/// ```swift
/// let trainer = try Trainer(
///   TrainingRecipe(model: MobileNet(classes: 10), loss: SoftmaxCrossEntropyLoss()),
///   TrainerSettings(epochs: 2, schedule: ConstantSchedule(1e-3)))
/// try await trainer.train(on: images, evaluatingOn: testImages) { event in print(event) }
/// ```
public final class Trainer: Sendable {
  private let thread: TrainingThread
  private let session: ThreadBound<TrainingSession>

  /// A trainer that has planned nothing yet.
  ///
  /// - Parameter logger: where the library logs; silent by default.
  /// - Throws: ``TrainingError`` where a setting makes no sense or no thread can be started.
  public init(
    _ recipe: TrainingRecipe, _ settings: TrainerSettings,
    logger: Logger = Logger(label: "apus.training") { _ in SwiftLogNoOpLogHandler() }
  ) throws(TrainingError) {
    guard settings.epochs >= 0 else {
      throw .settings("the number of epochs must not be negative, got \(settings.epochs)")
    }
    if let interval = settings.checkpointInterval, interval < 1 {
      throw .settings("a checkpoint cannot be written every \(interval) steps")
    }
    let names = recipe.metrics.map(\.name)
    for name in names where name.isEmpty || name.contains(where: \.isWhitespace) {
      throw .settings("the name of a metric has no blanks and is not empty, got \"\(name)\"")
    }
    guard Set(names).count == names.count else {
      throw .settings("the metrics have names of their own, got \(names)")
    }
    thread = try TrainingThread()
    session = ThreadBound(TrainingSession(recipe, settings, logger: logger))
  }

  // Graphs are released in chains as deep as they are, for which only the trainer's thread has the stack.
  deinit {
    let session = session
    thread.add { session.release() }
  }

  /// Trains until all epochs are done, early stopping says so, or the task is cancelled.
  ///
  /// A cancelled task finishes its step, saves and returns. Each call begins anew but from a checkpoint, which
  /// alone keeps the state of the optimizer.
  ///
  /// - Parameters:
  ///   - source: batches of inputs and targets.
  ///   - evaluation: what the model is evaluated on after each epoch.
  ///   - start: what to start from.
  ///   - report: called on the trainer's thread with everything that happens; a checkpoint is written only
  ///     after the call for what it follows has returned.
  /// - Throws: ``TrainingError``, ``CheckpointError``, `GraphError`, `WeightsError`, `ProgramError` and whatever a
  ///   source throws.
  @discardableResult
  public func train(
    on source: some TrainingSource, evaluatingOn evaluation: (any TrainingSource)? = nil,
    from start: TrainingStart = .initialValues,
    reportingTo report: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) async throws -> StopReason {
    let cancellation = CancellationFlag()
    let session = session
    return try await withTaskCancellationHandler {
      try await thread.run {
        try session.value.train(
          on: source, evaluatingOn: evaluation, from: start, cancellation, report)
      }
    } onCancel: {
      cancellation.raise()
    }
  }

  /// Takes the running statistics of batch normalization anew, after training; see
  /// ``Evaluator/recomputeStatistics(on:batches:)``.
  ///
  /// The last checkpoint keeps those of training, so that a run goes on from it as if it had not ended.
  ///
  /// - Parameters:
  ///   - source: batches of inputs and targets; targets are not used.
  ///   - limit: how many batches are used, from 1; the whole first epoch where nil.
  ///   - kind: the weights whose statistics are taken. There is one set of statistics for both kinds.
  /// - Throws: what the evaluator's throws.
  public func recomputeStatistics(
    on source: some TrainingSource, batches limit: Int? = nil, with kind: WeightsKind = .averaged
  ) async throws {
    let session = session
    try await thread.run {
      try session.value.evaluator(kind).recomputeStatistics(on: source, batches: limit)
    }
  }

  /// What the model reaches on a source's first epoch, after training.
  ///
  /// - Parameter observe: called on the trainer's thread with inputs, targets and predictions of each batch.
  public func evaluate(
    on source: some TrainingSource, with kind: WeightsKind = .averaged,
    observing observe:
      @escaping @Sendable (
        _ inputs: Tensor, _ targets: Tensor, _ predictions: Tensor
      ) throws -> Void = { _, _, _ in }
  ) async throws -> Evaluation {
    let session = session
    return try await thread.run {
      try session.value.evaluator(kind).evaluate(source, observing: observe)
    }
  }

  /// The model's outputs for a batch of inputs, after training.
  public func predict(
    _ inputs: Tensor, with kind: WeightsKind = .averaged
  ) async throws -> Tensor {
    let session = session
    return try await thread.run { try session.value.evaluator(kind).predict(inputs) }
  }

  /// Weights and running statistics by name, in the order the layers made them.
  public func weights(_ kind: WeightsKind = .averaged) async throws -> [(
    name: String, tensor: Tensor
  )] {
    let session = session
    return try await thread.run { try session.value.weights(kind) }
  }
}
