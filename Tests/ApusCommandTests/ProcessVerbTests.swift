import ApusFormats
import ApusTensors
import Foundation
import Testing

/// `apus simulate` and `apus solve` from end to end.
@Suite struct ProcessVerbTests {
  let folder = ProgramFolder()
  let apus: ApusProgram

  init() { apus = ApusProgram(folder: folder.path) }

  private func run(_ arguments: String...) throws -> ApusProgram.Result {
    try apus.finish(apus.start(arguments))
  }

  private func json(_ result: ApusProgram.Result) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    return try #require(value as? [String: Any])
  }

  private func expectFault(
    _ arguments: [String], _ sentence: String, code: Int32 = 1,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let result = try apus.finish(apus.start(arguments))
    #expect(result.code == code, sourceLocation: location)
    #expect(result.output.isEmpty, sourceLocation: location)
    #expect(
      result.error.split(separator: "\n").first.map(String.init) == "Error: \(sentence)",
      sourceLocation: location)
  }

  @Test func simulatesIntoFiles() throws {
    let result = try run(
      "simulate", "birth-death", "--until", "3", "--points", "4", "--paths", "100", "--output",
      "a.csv", "--picture", "a.png", "--json")
    #expect(result.code == 0, "\(result.error)")
    #expect(result.error.isEmpty)
    let outcome = try json(result)
    #expect(outcome["paths"] as? Int == 100)
    #expect(outcome["method"] as? String == "lanes")
    let lines = try String(contentsOfFile: folder("a.csv"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.first == "time,X-mean,X-sd")
    #expect(lines.map { $0.prefix { $0 != "," } } == ["time", "0.0", "1.0", "2.0", "3.0"])
    let final = try #require((outcome["final"] as? [[String: Any]])?.first)
    let mean = try #require(final["mean"] as? Double)
    #expect(lines.last?.hasPrefix("3.0,\(mean),") == true)
    let picture = try PNG.read(folder("a.png"))
    #expect(picture.shape == [760, 1440, 3])
  }

  @Test func threadsDoNotChangeTheFile() throws {
    for threads in ["1", "3"] {
      let result = try run(
        "simulate", "dimerization", "--until", "5", "--paths", "500", "--threads", threads,
        "--output", "\(threads).npz", "--keep", "2")
      #expect(result.code == 0)
    }
    let one = try Data(contentsOf: URL(filePath: folder("1.npz")))
    #expect(try one == Data(contentsOf: URL(filePath: folder("3.npz"))))
    let arrays = try NPZ.read(folder("1.npz"))
    #expect(
      arrays.map(\.name) == [
        "time", "P-mean", "P-sd", "P2-mean", "P2-sd", "P-paths", "P2-paths",
      ])
    #expect(arrays[5].tensor.shape == [2, 101])
  }

  @Test func solves() throws {
    let result = try run(
      "solve", "birth-death", "--until", "2", "--marginals", "X", "--json", "--output", "m.csv")
    #expect(result.code == 0, "\(result.error)")
    let outcome = try json(result)
    #expect(try #require(outcome["errorBound"] as? Double) <= 1e-8)
    let marginal = try #require((outcome["marginals"] as? [[String: Any]])?.first)
    let probabilities = try #require(marginal["probabilities"] as? [Double])
    #expect(abs(probabilities[0] - exp(-10 * (1 - exp(-2)))) < 1e-9)
    let lines = try String(contentsOfFile: folder("m.csv"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first == "time,X-mean,X-sd")
  }

  @Test func listsItsModels() throws {
    let result = try run("simulate", "--list")
    #expect(result.code == 0)
    #expect(result.output.contains("vilar"))
    let models = try json(run("simulate", "--list", "--json"))["models"] as? [[String: Any]]
    #expect(models?.count == 14)
  }

  @Test func readsAFileOfItsOwn() throws {
    try AtomicFile.write("A = 5\nA -> @ 1\n", to: folder("decay.txt"))
    let outcome = try json(run("simulate", "decay.txt", "--until", "99", "--json"))
    #expect(outcome["events"] as? Int == 5)
    try AtomicFile.write("A = 5\nA -> B @ k\n", to: folder("bad.txt"))
    try expectFault(
      ["simulate", "bad.txt", "--until", "9"],
      "bad.txt, line 2, column 10: k is neither a species nor given a value; write `k = …` on a "
        + "line of its own")
  }

  @Test func keepsWhatWasDoneBeforeAFault() throws {
    try AtomicFile.write("N = 1\nN -> 2 N @ 1\nN -> @ 0.5\n", to: folder("boom.txt"))
    let result = try run(
      "simulate", "boom.txt", "--until", "60", "--paths", "3", "--max-events", "10000",
      "--output", "boom.csv")
    #expect(result.code == 1)
    #expect(result.error.contains("fired more than 10000 reactions"))
  }

  @Test func callsFaultsByTheirNames() throws {
    try expectFault(
      ["simulate", "nowhere", "--until", "1"],
      "nowhere: there is no such file or built-in model; `apus simulate --list` lists the models")
    try expectFault(
      ["simulate", "vilar"], "--until: expected the last time", code: 64)
    try expectFault(
      ["simulate", "vilar", "--until", "1", "--output", "a.txt"],
      "--output: expected a file that ends with .csv or .npz, got a.txt", code: 64)
    try expectFault(
      ["simulate", "toggle-switch", "--until", "1", "--method", "lanes"],
      "--method lanes needs rates that are a constant times at most three amounts and a network "
        + "without rules and events; toggle-switch has others, use direct")
    try expectFault(
      ["solve", "birth-death", "--until", "1", "--tolerance", "2"],
      "--tolerance: expected 1e-14 to 0.5, got 2.0", code: 64)
  }
}
