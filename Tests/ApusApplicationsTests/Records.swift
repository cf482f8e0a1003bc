import Foundation

/// What callbacks saw.
final class Records<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Value] = []

  func add(_ value: Value?) {
    guard let value else { return }
    lock.withLock { values.append(value) }
  }

  var all: [Value] { lock.withLock { values } }
}
