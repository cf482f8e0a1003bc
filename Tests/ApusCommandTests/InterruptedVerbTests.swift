import ApusFormats
import Foundation
import Testing

/// Verbs that are killed, or asked to stop, in the middle of their work.
@Suite struct InterruptedVerbTests {
  let folder = ProgramFolder()
  let apus: ApusProgram

  init() { apus = ApusProgram(folder: folder.path) }

  private func run(_ arguments: [String]) throws -> ApusProgram.Result {
    try apus.finish(apus.start(arguments))
  }

  /// Waits for at most a minute.
  private func wait(for what: String, _ isThere: () throws -> Bool) throws {
    for _ in 0..<6000 {
      if try isThere() { return }
      usleep(10_000)
    }
    Issue.record("no \(what) within a minute")
    throw POSIXError(.ETIMEDOUT)
  }

  private func contents(of name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: folder(name)))
  }

  // MARK: Words

  /// Twenty thousand sentences of one of two topics each.
  private func writeText() throws {
    let topics = ["red green blue grey pink", "one two three four five"].map {
      $0.split(separator: " ").map(String.init)
    }
    let lines = (0..<20_000).map { line in
      let words = topics[line % 2]
      return (0..<8).map { words[(line / 2 * 7 + $0 * $0) % 5] }.joined(separator: " ")
    }
    try AtomicFile.write(lines.joined(separator: "\n"), to: folder("text.txt"))
  }

  /// The steps of the newest checkpoint, as `run.json` has them; 0 before there is one.
  private func stepsDone(of run: String) throws -> Int {
    guard let data = try? contents(of: "runs/\(run)/run.json"),
      let record = try JSONSerialization.jsonObject(with: data) as? [String: Any],
      let progress = record["progress"] as? [String: Any]
    else { return 0 }
    return progress["steps"] as? Int ?? 0
  }

  /// What the list of runs says of the run `killed`.
  private func listing() throws -> [String: Any] {
    let runs = try run(["runs", "--json"]).json["runs"] as? [[String: Any]]
    return try #require(runs?.first { $0["name"] as? String == "killed" })
  }

  @Test func killedWordsGoOnToTheSameBits() throws {
    try writeText()
    // Long enough for a fast machine to be in the middle when the kill comes.
    let settings = [
      "train", "words", "text.txt", "--subsample", "0", "--epochs", "40", "--deterministic",
      "--checkpoint-every", "0.05",
    ]
    let whole = try run(settings + ["--output", "runs/whole"])
    #expect(whole.code == 0, "\(whole.error)")
    let running = try apus.start(settings + ["--output", "runs/killed"])
    try wait(for: "checkpoint of some steps") { try stepsDone(of: "killed") > 0 }
    kill(running.process.processIdentifier, SIGKILL)
    #expect(try apus.finish(running).code == SIGKILL)
    let killed = try listing()
    #expect(killed["state"] as? String == "killed")
    let steps = try #require(killed["steps"] as? Int)
    #expect(steps > 0)
    #expect(!FileManager.default.fileExists(atPath: folder("runs/killed/weights.safetensors")))

    let resumed = try run(["train", "words", "--resume", "killed"])
    #expect(resumed.code == 0, "\(resumed.error)")
    let finished = try listing()
    #expect(finished["state"] as? String == "finished")
    #expect(try #require(finished["steps"] as? Int) > steps)
    #expect(finished["epochs"] as? Int == 40)
    let name = "weights.safetensors"
    #expect(try contents(of: "runs/whole/\(name)") == contents(of: "runs/killed/\(name)"))
  }

  // MARK: Paths

  /// Whether the program takes Ctrl-C for itself.
  private func handlesCtrlC(_ running: ApusProgram.Running) throws -> Bool {
    let path = "/proc/\(running.process.processIdentifier)/status"
    let status = try String(contentsOfFile: path, encoding: .utf8)
    return status.split(separator: "\n").contains { line in
      let parts = line.split(separator: "\t")
      guard parts.count == 2, parts[0] == "SigCgt:" else { return false }
      return (UInt64(parts[1], radix: 16) ?? 0) >> (UInt64(SIGINT) - 1) & 1 == 1
    }
  }

  @Test(arguments: [false, true])
  func aSimulationKeepsWhatIsDoneOnCtrlC(isJSON: Bool) throws {
    let running = try apus.start(
      [
        "simulate", "birth-death", "--until", "10", "--points", "2", "--paths", "100000000",
        "--threads", "1", "--output", "means.csv",
      ] + (isJSON ? ["--json"] : []))
    try wait(for: "handler of signals") { try handlesCtrlC(running) }
    usleep(500_000)
    kill(running.process.processIdentifier, SIGINT)
    let result = try apus.finish(running)
    #expect(result.code == 130, "\(result.error)")
    #expect(!result.error.contains("Error:"), "\(result.error)")
    let lines = try String(decoding: contents(of: "means.csv"), as: UTF8.self)
      .split(separator: "\n")
    #expect(lines.count == 3)
    guard isJSON else {
      #expect(result.output.contains(" paths, "))
      return
    }
    let outcome = try result.json
    let paths = try #require(outcome["paths"] as? Int)
    #expect(paths > 0 && paths < 100_000_000)
    #expect((outcome["time"] as? NSNumber)?.doubleValue == 10)
    let final = try #require((outcome["final"] as? [[String: Any]])?.first)
    let mean = try #require(final["mean"] as? Double)
    // Poisson with mean 10(1 − exp(−10)); six deviations are missed about once in 5·10⁸ times.
    let expected = 10 * (1 - exp(-10.0))
    #expect(abs(mean - expected) < 6 * (expected / Double(paths)).squareRoot())
  }
}
