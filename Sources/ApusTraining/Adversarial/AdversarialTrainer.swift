import ApusGraph
import ApusLayers
import ApusTensors

/// Trains a GAN: a loop of outer steps with samples, checkpoints and events.
///
/// Everything runs on a thread of the trainer's own; the calls wait for it without holding a thread.
/// One seed and one number of threads give the same bits, whether a run was interrupted or not.
public final class AdversarialTrainer: Sendable {
  private let thread: TrainingThread
  private let session: ThreadBound<AdversarialSession>

  /// A trainer that has planned nothing yet.
  ///
  /// - Throws: ``TrainingError`` where a setting makes no sense or no thread can be started.
  public init(
    _ recipe: AdversarialRecipe, _ settings: AdversarialSettings
  ) throws(TrainingError) {
    try settings.check()
    guard recipe.criticSteps >= 1 else {
      throw .settings("the critic takes \(recipe.criticSteps) steps, expected at least 1")
    }
    guard recipe.noiseSize >= 1 else {
      throw .settings("expected noise of at least one number, got \(recipe.noiseSize)")
    }
    if let classes = recipe.classes, classes < 1 {
      throw .settings("expected at least one class, got \(classes)")
    }
    thread = try TrainingThread()
    session = ThreadBound(AdversarialSession(recipe, settings))
  }

  // Graphs are released in chains as deep as they are, for which only the trainer's thread has the stack.
  deinit {
    let session = session
    thread.add { session.release() }
  }

  /// Trains until all steps are done or the task is cancelled, which finishes its step and saves.
  ///
  /// - Parameters:
  ///   - source: batches of examples and their classes (int32 `[batch]`), which are used only where the
  ///     recipe has classes.
  ///   - start: what to start from.
  ///   - report: called on the trainer's thread with everything that happens; a checkpoint is written only
  ///     after the call for what it follows has returned.
  /// - Throws: ``TrainingError``, ``CheckpointError``, `GraphError`, `WeightsError`, `ProgramError` and
  ///   whatever a source throws.
  @discardableResult
  public func train(
    on source: some TrainingSource, from start: TrainingStart = .initialValues,
    reportingTo report: @escaping @Sendable (AdversarialEvent) -> Void = { _ in }
  ) async throws -> StopReason {
    let cancellation = CancellationFlag()
    let session = session
    return try await withTaskCancellationHandler {
      try await thread.run {
        try session.value.train(on: source, from: start, cancellation, report)
      }
    } onCancel: {
      cancellation.raise()
    }
  }

  /// What the generator makes of inputs, `[count, generatorInputSize]`, after training; with the averaged
  /// weights where the recipe keeps some.
  public func samples(of inputs: Tensor) async throws -> Tensor {
    let session = session
    return try await thread.run { try session.value.samples(of: inputs) }
  }

  /// The weights of both networks by name; of the generator the averaged ones where the recipe keeps some.
  public func weights() async throws -> [(name: String, tensor: Tensor)] {
    let session = session
    return try await thread.run { try session.value.weights() }
  }
}
