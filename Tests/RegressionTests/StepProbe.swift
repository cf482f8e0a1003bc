import Foundation
import Testing

/// The program `StepProbe` of the build, as it is or under another program.
enum StepProbe {
  static let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "StepProbe").path

  /// What a run left.
  struct Output {
    let code: Int32
    let output: Data
    let error: String

    func decoded<Value: Decodable>(as type: Value.Type) throws -> Value {
      try JSONDecoder().decode(type, from: output)
    }
  }

  /// Runs `words`, the probe itself unless it is to run under another program.
  static func run(_ words: [String], environment: [String: String] = [:]) throws -> Output {
    let process = Process()
    process.executableURL = URL(filePath: words[0])
    process.arguments = Array(words.dropFirst())
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files, so that neither pipe can fill while the other is read.
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "step-probe-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try ["output", "error"].map { name in
      let file = folder.appending(path: name)
      try Data().write(to: file)
      return file
    }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    return Output(
      code: process.terminationStatus, output: try Data(contentsOf: files[0]),
      error: try String(contentsOf: files[1], encoding: .utf8))
  }
}
