import Glibc

/// Makes batches ahead of their use, on a thread of its own.
///
/// The batches of `epochs` come in order, at most `lookAhead` of them finished before they are
/// asked for. Their memory is used again: in the steady state nothing is allocated, as long as a
/// batch is let go before the next one is asked for. One thread at a time may ask.
public final class Prefetcher: Sendable {
  private let queue: BatchQueue
  private let thread: ProducerThread

  /// Starts making the batches of `epochs`, in the first of them from batch `start` on.
  ///
  /// - Throws: `DatasetError` where `start` or `lookAhead` has no meaning, or no thread can be had.
  public init(
    _ source: any BatchSource, epochs: Range<Int>, startingAt start: Int = 0, lookAhead: Int = 4
  ) throws(DatasetError) {
    guard 0...source.batchCount ~= start, 1...64 ~= lookAhead, epochs.lowerBound >= 0 else {
      throw DatasetError(
        .setting,
        "look-ahead: expected a first batch in 0...\(source.batchCount), 1...64 batches ahead and "
          + "epochs from 0, got \(start), \(lookAhead) and \(epochs)")
    }
    // One more is being made while the last is in use.
    let queue = BatchQueue((0..<lookAhead + 1).map { _ in source.makeBatch() })
    self.queue = queue
    thread = try ProducerThread {
      do {
        for epoch in epochs {
          for index in (epoch == epochs.lowerBound ? start : 0)..<source.batchCount {
            guard var batch = queue.takeEmpty() else { return queue.finish(nil) }
            try source.fill(&batch, epoch: epoch, index: index)
            queue.put(batch)
          }
        }
        queue.finish(nil)
      } catch {
        queue.finish(error)
      }
    }
  }

  deinit {
    queue.cancel()
    thread.join()
  }

  /// The next batch, or nil after the last one and after ``cancel()``.
  ///
  /// It waits until the batch is made. The one before may be made over from here on.
  ///
  /// - Throws: what the source threw, in place of the batch it could not make.
  public func next() throws -> Batch? { try queue.next() }

  /// Makes no more batches.
  public func cancel() { queue.cancel() }
}

/// The batches made and the memory for those to come; unchecked because a mutex guards them all.
private final class BatchQueue: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let change = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var empty: [Batch]
  private var ready: [Batch] = []
  private var lent: Batch?
  private var isFinished = false
  private var isCancelled = false
  private var failure: (any Error)?

  init(_ empty: [Batch]) {
    self.empty = empty
    self.empty.reserveCapacity(empty.count + 1)
    ready.reserveCapacity(empty.count + 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(change, nil)
  }

  deinit {
    pthread_cond_destroy(change)
    pthread_mutex_destroy(mutex)
    change.deallocate()
    mutex.deallocate()
  }

  func takeEmpty() -> Batch? {
    locked {
      while empty.isEmpty, !isCancelled { pthread_cond_wait(change, mutex) }
      return isCancelled ? nil : empty.popLast()
    }
  }

  func put(_ batch: Batch) {
    locked { ready.append(batch) }
  }

  func finish(_ error: (any Error)?) {
    locked {
      failure = error
      isFinished = true
    }
  }

  func cancel() {
    locked { isCancelled = true }
  }

  func next() throws -> Batch? {
    try locked {
      if let returned = lent {
        lent = nil
        empty.append(returned)
        pthread_cond_broadcast(change)
      }
      while ready.isEmpty, !isFinished, !isCancelled { pthread_cond_wait(change, mutex) }
      if isCancelled { return nil }
      if !ready.isEmpty {
        lent = ready.removeFirst()
        return lent
      }
      if let failure { throw failure }
      return nil
    }
  }

  private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(change)
      pthread_mutex_unlock(mutex)
    }
    return try body()
  }
}

/// A thread that runs one closure.
private struct ProducerThread: Sendable {
  private let identifier: pthread_t

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  init(_ run: @escaping @Sendable () -> Void) throws(DatasetError) {
    var identifier = pthread_t()
    let body = Unmanaged.passRetained(Body(run))
    let code = pthread_create(
      &identifier, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    guard code == 0 else {
      body.release()
      throw DatasetError(
        .setting, "look-ahead: cannot start a thread: \(String(cString: strerror(code)))")
    }
    self.identifier = identifier
  }

  func join() { pthread_join(identifier, nil) }
}
