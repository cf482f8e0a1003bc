/// Why a prepared kernel stopped on the numbers it was given.
package struct KernelFailure: Error, Sendable, Hashable {
  package let operation: String
  /// A sentence: what was wrong, what was expected, what came.
  package let message: String

  package init(operation: String, message: String) {
    self.operation = operation
    self.message = message
  }
}

extension KernelFailure: CustomStringConvertible {
  package var description: String { "\(operation): \(message)" }
}
