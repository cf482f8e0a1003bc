/// A value that only one thread touches.
///
/// Unchecked because a trainer hands it to jobs of its thread alone.
final class ThreadBound<Value>: @unchecked Sendable {
  private var stored: Value?

  init(_ value: Value) { stored = value }

  /// - Precondition: the value was not released.
  var value: Value {
    guard let stored else { preconditionFailure("a job came after the last one") }
    return stored
  }

  /// Lets go of the value; the last job.
  func release() { stored = nil }
}
