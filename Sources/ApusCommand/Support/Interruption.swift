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
    let watch = SignalWatch()
    let task = Task { try await job() }
    let received = SignalCount()
    watch?.start { number in
      guard received.add(number) == 1 else { leave(number) }
      notice()
      task.cancel()
    }
    defer { watch?.end() }
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
    let watch = SignalWatch()
    watch?.start { number in
      AtomicFile.discardUnfinished()
      onSignal()
      leave(number)
    }
    defer { watch?.end() }
    return try job()
  }

  private static func leave(_ number: Int32) -> Never {
    AtomicFile.discardUnfinished()
    _exit(128 + number)
  }
}

/// Handles the signals that ask a program to end, one after the other, until it ends.
///
/// They go through a pipe: sources of Dispatch for signals lose those that come before they listen.
private struct SignalWatch {
  private let numbers: [Int32]
  private let queue = DispatchQueue(label: "apus.signals")
  private let source: any DispatchSourceRead

  /// From now on signals are kept until `start`; nil where there is no pipe for them, and they end the program as they
  /// do by themselves.
  init?() {
    guard SignalPipe.ends.read >= 0 else { return nil }
    // `nohup` asks to be left alone when the terminal goes.
    numbers = [SIGINT, SIGTERM] + (Self.isIgnored(SIGHUP) ? [] : [SIGHUP])
    source = DispatchSource.makeReadSource(
      fileDescriptor: SignalPipe.ends.read, queue: queue)
    for number in numbers { signal(number) { SignalPipe.put($0) } }
  }

  func start(_ handle: @escaping @Sendable (Int32) -> Void) {
    source.setEventHandler {
      while let number = SignalPipe.next() { handle(number) }
    }
    source.resume()
  }

  /// What is in the pipe then is for the next watch.
  func end() {
    for number in numbers { signal(number, SIG_DFL) }
    source.cancel()
    queue.sync {}  // a handler that runs ends before
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

/// A pipe of the numbers of signals: to write to one is among the few things that a handler may do.
private enum SignalPipe {
  static let ends: (read: Int32, write: Int32) = {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return (-1, -1) }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    return (ends[0], ends[1])
  }()

  static func put(_ number: Int32) {
    let before = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(ends.write, &byte, 1)
    errno = before
  }

  static func next() -> Int32? {
    var byte: UInt8 = 0
    return read(ends.read, &byte, 1) == 1 ? Int32(byte) : nil
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
