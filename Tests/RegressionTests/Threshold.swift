import Foundation

/// A file of `Benchmarks/Thresholds`, where a test stores what it counts when `APUS_RECORD_THRESHOLDS` is
/// set, as `Scripts/update-thresholds` does.
struct Threshold<Value: Codable> {
  let name: String

  private var file: URL {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Benchmarks/Thresholds/\(name).json")
  }

  var stored: Value {
    get throws { try JSONDecoder().decode(Value.self, from: Data(contentsOf: file)) }
  }

  /// What is expected: `counted` itself where thresholds are recorded.
  func expected(recording counted: @autoclosure () throws -> Value) throws -> Value {
    guard ProcessInfo.processInfo.environment["APUS_RECORD_THRESHOLDS"] != nil else {
      return try stored
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let value = try counted()
    try (encoder.encode(value) + Data("\n".utf8)).write(to: file, options: .atomic)
    return value
  }
}
