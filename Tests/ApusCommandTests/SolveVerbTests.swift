import ApusFormats
import Foundation
import Testing

/// What `apus solve` does beside the distribution in time, from end to end.
@Suite struct SolveVerbTests {
  let folder = ProgramFolder()
  let apus: ApusProgram

  init() { apus = ApusProgram(folder: folder.path) }

  private func json(_ arguments: String...) throws -> [String: Any] {
    let result = try apus.finish(apus.start(["solve"] + arguments + ["--json"]))
    #expect(result.code == 0, "\(result.error)")
    return try result.json
  }

  private func expectFault(
    _ arguments: [String], _ sentence: String, code: Int32 = 1,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    try apus.expectFault(["solve"] + arguments, sentence, code: code, at: location)
  }

  @Test(arguments: ["adaptive", "full-grid", "krylov", "cvode"]) func methodsAgree(
    method: String
  ) throws {
    let outcome = try json("birth-death", "--until", "2", "--method", method, "--marginals", "X")
    #expect(outcome["method"] as? String == method)
    #expect(try #require(outcome["lost"] as? Double) <= 1e-8)
    let isCertified = ["adaptive", "full-grid"].contains(method)
    #expect((outcome["errorBound"] as? Double == nil) != isCertified)
    let marginal = try #require((outcome["marginals"] as? [[String: Any]])?.first)
    let probabilities = try #require(marginal["probabilities"] as? [Double])
    #expect(abs(probabilities[0] - exp(-10 * (1 - exp(-2)))) < 1e-9)
  }

  @Test(arguments: ["linear-noise", "moment-closure"]) func meansAlone(method: String) throws {
    let outcome = try json(
      "birth-death", "--until", "2", "--method", method, "--points", "3", "--output", "m.csv")
    let final = try #require((outcome["final"] as? [[String: Any]])?.first)
    #expect(abs(try #require(final["mean"] as? Double) - 10 * (1 - exp(-2))) < 1e-6)
    let text = try String(contentsOfFile: folder("m.csv"), encoding: .utf8)
    #expect(text.hasPrefix("time,X-mean,X-sd\n0.0,0.0,0.0\n1.0,6.3"))
  }

  @Test func ratesMayChangeInTime() throws {
    try AtomicFile.write("X = 0\n-> X @@ 1 + sin(time)\nX -> @ 1\n", to: folder("season.txt"))
    let outcome = try json("season.txt", "--until", "3")
    #expect(outcome["method"] as? String == "cvode")
    let final = try #require((outcome["final"] as? [[String: Any]])?.first)
    let mean = 1 - exp(-3.0) + (sin(3.0) - cos(3.0) + exp(-3.0)) / 2
    #expect(abs(try #require(final["mean"] as? Double) - mean) < 1e-6)
  }

  @Test func findsWhatStays() throws {
    let outcome = try json("birth-death", "--stationary", "--marginals", "X")
    let final = try #require((outcome["final"] as? [[String: Any]])?.first)
    #expect(abs(try #require(final["mean"] as? Double) - 10) < 1e-6)
    #expect(try #require(outcome["imbalance"] as? Double) < 1e-9)
    #expect(try #require(outcome["edge"] as? Double) <= 1e-8)
  }

  @Test func findsWhenSomethingHappens() throws {
    try AtomicFile.write("N = 3\nN -> @ 1\n", to: folder("death.txt"))
    let outcome = try json("death.txt", "--passage", "N == 0")
    #expect(abs(try #require(outcome["mean"] as? Double) - 11 / 6) < 1e-10)
    let result = try apus.finish(apus.start(["solve", "death.txt", "--passage", "N == 0"]))
    #expect(result.output.contains("first holds after 1.833333333 (mean), sd 1.166666667"))
  }

  @Test func tellsHowMeansChange() throws {
    let outcome = try json("birth-death", "--until", "1", "--sensitivity", "k")
    let row = try #require((outcome["sensitivities"] as? [[String: Any]])?.first)
    #expect(row["by"] as? String == "k")
    #expect(abs(try #require(row["slope"] as? Double) - (1 - exp(-1))) < 1e-6)
  }

  @Test func showsTheChainOfReasoning() throws {
    let outcome = try json("birth-death", "--until", "1", "--derive", "--picture", "rates.png")
    #expect(abs(try #require(outcome["order"] as? Double) - 1) < 1e-3)
    #expect((outcome["rates"] as? [[String: Any]])?.count == 8)
    #expect(try PNG.read(folder("rates.png")).shape == [760, 1440, 3])
  }

  @Test func callsFaultsByTheirNames() throws {
    let time = ["birth-death", "--until", "1"]
    try expectFault(
      ["birth-death"], "--until: expected the last time", code: 64)
    try expectFault(
      time + ["--stationary"], "--until: --stationary has no last time", code: 64)
    try expectFault(
      ["birth-death", "--stationary", "--passage", "X > 3"],
      "--stationary and --passage: expected one of them", code: 64)
    try expectFault(
      time + ["--method", "gth"], "--method: gth goes with --stationary", code: 64)
    try expectFault(
      time + ["--grid", "10"],
      "--grid goes with --method full-grid, krylov or cvode, --stationary, --passage or "
        + "--sensitivity", code: 64)
    try expectFault(
      time + ["--method", "linear-noise", "--marginals", "X"],
      "--marginals: --method linear-noise gives means and sds alone", code: 64)
    try expectFault(
      time + ["--marginals", "k"],
      "--marginals: no reaction of birth-death changes k; there are X")
    try expectFault(
      ["toggle-switch", "--stationary", "--max-states", "100"],
      "--stationary: more than 100 states matter; amounts may grow without end, or --grid bounds "
        + "them")
    try expectFault(
      time + ["--sensitivity", "b"],
      "--sensitivity: birth-death has no constant b; there are k, d")
    try expectFault(
      time + ["--method", "full-grid", "--grid", "5,5"],
      "--grid: expected one number or 1, one for each species that changes, got 2")
    try expectFault(
      ["birth-death", "--passage", "X >"],
      "--passage, line 1, column 4: expected a number, a name or '(', got the end of the line")
    try expectFault(
      ["ehrenfest", "--passage", "left > 100"],
      "--passage: no state that can be reached fulfils the condition")
    try expectFault(
      ["yule", "--stationary"],
      "--stationary: more than 1000000 states matter; amounts may grow without end, or --grid "
        + "bounds them")
    try AtomicFile.write("X = 0\n-> X @@ 1 + sin(time)\nX -> @ 1\n", to: folder("season.txt"))
    try expectFault(
      ["season.txt", "--until", "1", "--method", "adaptive"],
      "the rate of the reaction of line 2 reads the time: expected --until with --method cvode, "
        + "linear-noise or moment-closure")
  }
}
