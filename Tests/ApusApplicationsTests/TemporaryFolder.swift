import FoundationEssentials

/// A folder of its own for each test, removed afterwards.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.path + "/apus-test-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of something in the folder.
  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// Writes a file into the folder.
  func write(_ text: String, to name: String) {
    let isWritten = FileManager.default.createFile(
      atPath: self(name), contents: Data(text.utf8))
    precondition(isWritten, "cannot write \(self(name))")
  }
}
