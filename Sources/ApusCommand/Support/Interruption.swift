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
  /// - Parameter notice: called on the first signal.
  static func handling<Value: Sendable>(
    notice: @escaping @Sendable () -> Void, _ job: @escaping @Sendable () async throws -> Value
  ) async throws -> Outcome<Value> {
    let task = Task { try await job() }
    let received = SignalCount()
    let queue = DispatchQueue(label: "apus.signals")
    // `nohup` asks to be left alone when the terminal goes.
    let numbers = [SIGINT, SIGTERM] + (isIgnored(SIGHUP) ? [] : [SIGHUP])
    let sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        guard received.add(number) == 1 else { _exit(128 + number) }
        notice()
        task.cancel()
      }
      source.resume()
      return source
    }
    defer {
      for source in sources { source.cancel() }
      for number in numbers { signal(number, SIG_DFL) }
    }
    let value = try await task.value
    return received.first.map { .interrupted(value, signal: $0) } ?? .done(value)
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
