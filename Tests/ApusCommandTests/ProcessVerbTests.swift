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

  private func json(_ result: ApusProgram.Result) throws -> [String: Any] { try result.json }

  private func expectFault(
    _ arguments: [String], _ sentence: String, code: Int32 = 1,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    try apus.expectFault(arguments, sentence, code: code, at: location)
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
        "--output", "\(threads).npz", "--select", "0,7")
      #expect(result.code == 0)
    }
    let one = try Data(contentsOf: URL(filePath: folder("1.npz")))
    #expect(try one == Data(contentsOf: URL(filePath: folder("3.npz"))))
    let arrays = try NPZ.read(folder("1.npz"))
    #expect(
      arrays.map(\.name) == [
        "time", "P-mean", "P-sd", "P2-mean", "P2-sd", "P-path0", "P2-path0", "P-path7",
        "P2-path7",
      ])
    #expect(arrays[5].tensor.shape == [101])
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
    let lines = try String(contentsOfFile: folder("boom.csv"), encoding: .utf8).split(
      separator: "\n")
    #expect(lines.count > 1)
    #expect(result.error.contains("boom.csv"))
  }

  @Test func countsTheLastValues() throws {
    let result = try run(
      "simulate", "ehrenfest", "--until", "1", "--paths", "500", "--histogram", "left", "--json",
      "--quantiles", "0.1,0.9", "--output", "e.csv", "--quiet")
    #expect(result.code == 0, "\(result.error)")
    let histogram = try #require((json(result)["histograms"] as? [[String: Any]])?.first)
    let counts = try #require(histogram["counts"] as? [Int])
    #expect(counts.reduce(0, +) == 500)
    let text = try String(contentsOfFile: folder("e.csv"), encoding: .utf8)
    #expect(
      text.hasPrefix(
        "time,left-mean,left-sd,right-mean,right-sd,left-q0.1,right-q0.1,left-q0.9,right-q0.9"))
    let shown = try run(
      "simulate", "ehrenfest", "--until", "1", "--paths", "50", "--histogram", "left")
    #expect(shown.output.contains("█"))
  }

  @Test func timesProcesses() throws {
    let simulated = try json(
      run(
        "benchmark", "simulate", "random-50", "--until", "1", "--paths", "3", "--samples", "2",
        "--json"))
    #expect((simulated["samples"] as? [Double])?.count == 2)
    #expect(try #require(simulated["nanosecondsPerEvent"] as? Double) > 0)
    let solved = try json(
      run("benchmark", "solve", "birth-death", "--until", "1", "--samples", "1", "--json"))
    #expect(try #require(solved["milliseconds"] as? Double) > 0)
    try expectFault(
      ["benchmark", "simulate", "random-1", "--until", "1"],
      "<model>: expected random-2 to random-1000000, got random-1", code: 64)
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
      ["simulate", "vilar", "--until", "1", "--output", "none/a.csv"],
      "cannot write none/a.csv: No such file or directory")
    try expectFault(
      ["solve", "schloegl", "--stationary", "--points", "9"], "--points: --stationary has no times",
      code: 64)
    try expectFault(
      ["fit", "counts.csv", "--network", "birth-death", "--particles", "50"],
      "--particles, --range and --seed go with --method simulation", code: 64)
    try expectFault(
      ["simulate", "toggle-switch", "--until", "1", "--method", "ode", "--paths", "2"],
      "--method ode has one path, for nothing in it is random; leave out --paths", code: 64)
    try expectFault(
      ["simulate", "vilar", "--until", "1", "--histogram", "X"],
      "--histogram: vilar has no species X; there are Da, Dap, Ma, A, Dr, Drp, Mr, R, C")
    try expectFault(
      ["simulate", "vilar", "--until", "1", "--quantiles", "0.5,2"],
      "--quantiles: expected numbers from 0 to 1, got 2.0", code: 64)
    try expectFault(
      ["fit", "counts.csv", "--network", "birth-death", "--parameters", "k,k"],
      "--parameters: a parameter is named twice", code: 64)
    try expectFault(
      ["fit", "states.csv", "--states", "a,a"], "--states: a state is named twice", code: 64)
    try expectFault(
      ["fit", "states.csv", "--states", "a,b", "--max-states", "5"],
      "--max-states: only a --network fitted to snapshots by likelihood has states", code: 64)
    try expectFault(
      ["simulate", "vilar", "--until", "1", "--quantiles", "0.5"],
      "--quantiles goes with --output, whose file they are written to", code: 64)
    try expectFault(
      ["simulate", "vilar", "--until", "1", "--select", "0"],
      "--select goes with --output or --picture, which show the paths", code: 64)
    try expectFault(
      ["simulate", "vilar", "--until", "1", "--select", "0,3"],
      "--select: there are the paths 0 to 0, got 3", code: 64)
    try expectFault(
      ["solve", "birth-death", "--until", "1", "--tolerance", "2"],
      "--tolerance: expected 1e-14 to 0.5, got 2.0", code: 64)
    try expectFault(
      [
        "solve", "birth-death", "--until", "1", "--method", "linear-noise", "--tolerance", "1e-3",
      ],
      "--tolerance is not for --method linear-noise", code: 64)
  }
}
