import ApusFormats
import ArgumentParser
import Dispatch
import Glibc
import Synchronization

/// Lets Ctrl-C (and being terminated or hung up on) end a training well.
///
/// The first signal cancels the task, which then finishes its step and saves; a second one leaves at once.
enum Interruption {
  /// What came of a job.
  enum Outcome<Value: Sendable>: Sendable {
    case done(Value)
    /// A signal cancelled the job, which still ended well.
    case interrupted(Value, signal: Int32)
  }

  /// Runs `job`, cancelling it on the first signal.
  ///
  /// A job that is cancelled before it has anything to keep ends with the signal's exit code.
  /// - Parameters:
  ///   - notice: called on the first signal.
  ///   - kept: what to say of a job that was cancelled without a value.
  static func handling<Value: Sendable>(
    notice: @escaping @Sendable () -> Void,
    kept: String = "Stopped before there was anything to keep.",
    _ job: @escaping @Sendable () async throws -> Value
  ) async throws -> Outcome<Value> {
    let task = Task { try await job() }
    let received = SignalCount()
    let watch = SignalWatch { number in
      guard received.add(number) == 1 else { leave(number) }
      notice()
      task.cancel()
    }
    defer { watch.end() }
    do {
      let value = try await task.value
      return received.first.map { .interrupted(value, signal: $0) } ?? .done(value)
    } catch is CancellationError {
      guard let signal = received.first else { throw CancellationError() }
      Output.note(kept)
      throw ExitCode(128 + signal)
    }
  }

  /// Runs a job that nothing is kept of where a signal ends it.
  ///
  /// - Parameter onSignal: called before the program ends by a signal.
  static func discarding<Value>(
    _ job: () throws -> Value, onSignal: @escaping @Sendable () -> Void = {}
  ) rethrows -> Value {
    let watch = SignalWatch { number in
      AtomicFile.discardUnfinished()
      onSignal()
      leave(number)
    }
    defer { watch.end() }
    return try job()
  }

  private static func leave(_ number: Int32) -> Never {
    AtomicFile.discardUnfinished()
    _exit(128 + number)
  }
}

/// Handles the signals that ask a program to end, one after the other, until it ends.
private struct SignalWatch {
  private let numbers: [Int32]
  private let sources: [any DispatchSourceSignal]

  init(_ handle: @escaping @Sendable (Int32) -> Void) {
    let queue = DispatchQueue(label: "apus.signals")
    // `nohup` asks to be left alone when the terminal goes.
    numbers = [SIGINT, SIGTERM] + (Self.isIgnored(SIGHUP) ? [] : [SIGHUP])
    sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { handle(number) }
      source.resume()
      return source
    }
  }

  func end() {
    for source in sources { source.cancel() }
    for number in numbers { signal(number, SIG_DFL) }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

/// The signals that came, in order.
private final class SignalCount: Sendable {
  private let numbers = Mutex<[Int32]>([])

  /// Adds a signal and gives how many came.
  func add(_ number: Int32) -> Int {
    numbers.withLock { numbers in
      numbers.append(number)
      return numbers.count
    }
  }

  var first: Int32? { numbers.withLock { $0.first } }
}
