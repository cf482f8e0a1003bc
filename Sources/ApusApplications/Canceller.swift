import Synchronization

/// Cancels a job from outside its task, as a callback must that cannot throw.
final class Canceller: Sendable {
  private struct State {
    var isCancelled = false
    var cancelJob: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  /// Cancels the job that runs, or the one that will.
  func cancel() {
    let cancelJob = state.withLock { state in
      state.isCancelled = true
      return state.cancelJob
    }
    cancelJob?()
  }

  /// Runs a job that ``cancel()``, and cancelling the calling task, cancel.
  func run<Value: Sendable>(_ job: @escaping @Sendable () async throws -> Value) async throws
    -> Value
  {
    let task = Task { try await job() }
    let isCancelled = state.withLock { state in
      state.cancelJob = { task.cancel() }
      return state.isCancelled
    }
    if isCancelled { task.cancel() }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
