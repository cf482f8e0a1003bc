import Glibc

/// Threads that run one job each, side by side, and end.
enum ThreadTeam {
  /// What a thread is given.
  private final class Part: Sendable {
    let number: Int
    let body: @Sendable (Int) -> Void

    init(_ number: Int, _ body: @escaping @Sendable (Int) -> Void) {
      self.number = number
      self.body = body
    }
  }

  /// Calls `body` with 0 to `count − 1`, each on a thread of its own, runs `waiting` meanwhile with
  /// the number of those that started, and waits for all of them.
  ///
  /// - Throws: ``WordVectorError`` where not even one thread starts; with fewer than `count` the others do
  ///   the work, for jobs take their share as they come.
  static func run(
    _ count: Int, _ body: @escaping @Sendable (Int) -> Void, waiting: (Int) -> Void = { _ in }
  ) throws(WordVectorError) {
    var threads: [pthread_t] = []
    for number in 0..<count {
      var thread = pthread_t()
      let context = Unmanaged.passRetained(Part(number, body))
      let code = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          let part = Unmanaged<Part>.fromOpaque(context).takeRetainedValue()
          part.body(part.number)
          return nil
        }, context.toOpaque())
      guard code == 0 else {
        context.release()
        guard !threads.isEmpty else {
          throw WordVectorError(
            .system, "cannot start a thread: \(String(cString: strerror(code)))")
        }
        break
      }
      threads.append(thread)
    }
    waiting(threads.count)
    for thread in threads { pthread_join(thread, nil) }
  }
}
