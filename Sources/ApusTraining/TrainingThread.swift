import Glibc

/// A thread that runs jobs one after the other.
///
/// All programs of a trainer run here: the engine's team of threads belongs to the thread that calls it, and a
/// task would move from thread to thread.
final class TrainingThread: Sendable {
  private let queue = JobQueue()

  /// Starts the thread.
  ///
  /// - Throws: ``TrainingError`` where the system has no thread left.
  init() throws(TrainingError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    // Nodes of a graph are released in chains as deep as the graph.
    pthread_attr_setstacksize(&attributes, 64 << 20)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let context = Unmanaged.passRetained(queue)
    let code = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().work()
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw .settings("cannot start a thread: \(String(cString: strerror(code)))")
    }
  }

  deinit { queue.close() }

  /// Runs `job` on the thread after all jobs before it, without waiting for it.
  func add(_ job: @escaping @Sendable () -> Void) { queue.add(job) }

  /// What `job` gives, run on the thread after all jobs before it.
  func run<Result: Sendable>(
    _ job: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.add { continuation.resume(with: Swift.Result { try job() }) }
    }
  }
}

/// Jobs waiting for a thread.
///
/// Unchecked because every access to `jobs` and `isClosed` holds the mutex.
private final class JobQueue: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [@Sendable () -> Void] = []
  private var isClosed = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  func add(_ job: @escaping @Sendable () -> Void) {
    locked {
      jobs.append(job)
      pthread_cond_signal(changed)
    }
  }

  /// Lets the thread end once it has done what is waiting.
  func close() {
    locked {
      isClosed = true
      pthread_cond_signal(changed)
    }
  }

  func work() {
    while let job = nextJob() { job() }
  }

  private func nextJob() -> (@Sendable () -> Void)? {
    locked {
      while jobs.isEmpty, !isClosed { pthread_cond_wait(changed, mutex) }
      return jobs.isEmpty ? nil : jobs.removeFirst()
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
