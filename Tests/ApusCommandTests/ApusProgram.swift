import Dispatch
import Foundation
import Glibc
import Testing

/// The built program, run as a person runs it.
struct ApusProgram {
  /// What a run of the program left.
  struct Result {
    let code: Int32
    let output: String
    let error: String

    /// The one object on standard output.
    var json: [String: Any] {
      get throws {
        let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require(value as? [String: Any])
      }
    }
  }

  /// Expects a fault: a code, nothing on standard output, and the sentence first on standard error.
  @discardableResult
  func expectFault(
    _ arguments: [String], _ sentence: String, code: Int32 = 1,
    at location: SourceLocation = #_sourceLocation
  ) throws -> Result {
    let result = try finish(start(arguments))
    #expect(result.code == code, sourceLocation: location)
    #expect(result.output.isEmpty, sourceLocation: location)
    #expect(
      result.error.split(separator: "\n").first.map(String.init) == "Error: \(sentence)",
      sourceLocation: location)
    return result
  }

  /// The folder of the build, where the program of these tests lies too.
  static let buildFolder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// The current folder of the program.
  var folder = FileManager.default.temporaryDirectory.path
  /// A program of the build, or the path of another.
  var program = "apus"
  /// What its environment has beside that of the tests.
  var environment: [String: String] = [:]

  /// Runs the program to its end.
  func callAsFunction(_ arguments: String...) throws -> Result {
    try finish(start(arguments))
  }

  /// A process with its output collected in files, so that no pipe can fill.
  struct Running {
    let process: Process
    let output: URL
    let error: URL
  }

  /// - Parameter output: where the program's standard output goes; nil for a file to read.
  func start(_ arguments: [String], output: String? = nil) throws -> Running {
    let process = Process()
    process.executableURL = URL(filePath: program, relativeTo: Self.buildFolder)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder)
    process.environment = ProcessInfo.processInfo.environment
      .merging(["COLUMNS": "80", "LC_ALL": "C.UTF-8"]) { $1 }.merging(environment) { $1 }
    let files = try (0..<2).map { _ in
      let file = FileManager.default.temporaryDirectory
        .appending(path: "apus-test-\(UUID().uuidString)")
      try Data().write(to: file)
      return file
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(
      forWritingTo: output.map { URL(filePath: $0) } ?? files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    return Running(process: process, output: files[0], error: files[1])
  }

  /// Waits for the end, 20 minutes at most: a program that hangs is a failed test, not one that never ends.
  func finish(_ running: Running) throws -> Result {
    let identifier = running.process.processIdentifier
    let limit = DispatchWorkItem { _ = kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1200), execute: limit)
    running.process.waitUntilExit()
    limit.cancel()
    defer {
      try? FileManager.default.removeItem(at: running.output)
      try? FileManager.default.removeItem(at: running.error)
    }
    return Result(
      code: running.process.terminationStatus,
      output: try String(contentsOf: running.output, encoding: .utf8),
      error: try String(contentsOf: running.error, encoding: .utf8))
  }
}

extension Trait where Self == ConditionTrait {
  /// A test for `make test-all` alone, for it takes its time.
  static var slow: Self {
    .enabled(
      if: ProcessInfo.processInfo.environment["APUS_SLOW_TESTS"] != nil,
      "slow: `make test-all` runs it")
  }
}
