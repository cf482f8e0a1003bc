import ApusFormats
import ApusTensors
import Foundation
import Testing

/// The verbs of `fashion-gan` from end to end on a small data set.
@Suite struct GANVerbTests {
  let folder = ProgramFolder()
  let apus: ApusProgram

  init() throws {
    try folder.writeData()
    apus = ApusProgram(folder: folder.path)
  }

  private func train(_ more: String...) -> [String] {
    ["train", "fashion-gan", "--data", "data", "--batch-size", "8", "--threads", "1"] + more
  }

  private func run(_ arguments: [String]) throws -> ApusProgram.Result {
    try apus.finish(apus.start(arguments))
  }

  private func json(_ result: ApusProgram.Result) throws -> [String: Any] { try result.json }

  private func expectFault(_ arguments: [String], _ sentence: String, code: Int32 = 1) throws {
    try apus.expectFault(arguments, sentence, code: code)
  }

  @Test func workOnOneRun() throws {
    let trained = try run(train("--steps", "4", "--sample-every", "2", "--json"))
    #expect(trained.code == 0)
    let outcome = try json(trained)
    #expect(outcome["run"] as? String == "runs/fashion-gan-1")
    #expect(outcome["recipe"] as? String == "fashion-gan")
    #expect(outcome["status"] as? String == "finished")
    #expect(outcome["steps"] as? Int == 4)
    for key in [
      "seconds", "distance", "penalty", "gradientNorm", "criticLoss", "generatorLoss",
    ] { #expect(outcome[key] is Double, "\(key)") }
    #expect((outcome["warnings"] as? [String])?.isEmpty == true)
    let lines = trained.error.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.first == "Run runs/fashion-gan-1")
    #expect(
      lines.last?.wholeMatch(
        of: /step 4  distance -?[\d.]+  penalty [\d.]+  gradient norm [\d.]+( .*images\/s)?/)
        != nil)
    let listed = try run(["runs"]).output
    #expect(listed.contains("4/4 steps"))

    let sampled = try json(
      run(["sample", "fashion-gan-1", "--count", "5", "--output", "five.npy", "--json"]))
    #expect(sampled["count"] as? Int == 5)
    #expect(sampled["output"] as? String == "five.npy")
    #expect(sampled["seed"] as? Int == 0)
    #expect(try NPY.read(folder("five.npy")).type == TensorType([5, 28, 28, 1], .uint8))
    #expect(try run(["sample", "fashion-gan-1", "--interpolate", "--count", "2"]).code == 0)
    let grid = try PNG.read(folder("samples.png"))
    #expect(grid.shape == [2 * 90 + 6, 10 * 90 + 6, 1])
  }

  @Test func evaluatesRunsAndPicturesByOneClassifier() throws {
    #expect(try run(train("--steps", "1", "--output", "mine")).code == 0)
    let first = try run(["evaluate", "mine", "--limit", "12", "--threads", "1", "--json"])
    #expect(first.code == 0)
    // The classifier is trained once.
    let purpose = "which is trained for that once\nRun runs/fashion-gan-features\n"
    #expect(first.error.contains(purpose))
    let quality = try json(first)
    for key in ["frechetDistance", "precision", "recall"] {
      #expect(quality[key] is Double, "\(key)")
    }
    #expect(quality["features"] as? String == "runs/fashion-gan-features")
    #expect(quality["samples"] as? Int == 12)
    #expect(quality["examples"] as? Int == 12)
    #expect(quality["neighbours"] as? Int == 3)
    let balance = try #require(quality["classBalance"] as? [[String: Any]])
    #expect(balance.count == 10)
    #expect(
      balance.allSatisfy {
        $0["name"] is String && $0["share"] is Double && $0["realShare"] is Double
      })

    #expect(try run(["sample", "mine", "--count", "12", "--output", "s.npy"]).code == 0)
    let again = try run([
      "evaluate", "s.npy", "--data", "data", "--limit", "12", "--threads", "1", "--json",
    ])
    #expect(!again.error.contains("Run "))
    try expectFault(
      ["evaluate", "s.npy", "--data", "data", "--limit", "3"],
      "expected at least 4 pictures to compare, got 3")
    try expectFault(
      ["evaluate", "s.npy", "--data", "data", "--seed", "3"],
      "--seed gives the noise of a run, these pictures are made", code: 64)
    try FileManager.default.copyItem(atPath: folder("data"), toPath: folder("other"))
    let others = try run(["evaluate", "s.npy", "--data", "other"])
    #expect(others.code == 0)
    #expect(
      others.error.contains(
        "Note: the features are those of runs/fashion-gan-features, a run on \(folder("data")); "
          + "without that folder they are trained anew\n"))
    #expect(try json(again)["frechetDistance"] as? Double == quality["frechetDistance"] as? Double)
    let words = try run(["evaluate", "s.npy", "--data", "data"]).output
    #expect(words.contains("Fréchet distance"))
    #expect(words.contains("Ankle boot"))
    try expectFault(
      ["evaluate", "fashion-gan-features", "--seed", "3"],
      "--seed is for runs of fashion-gan and for pictures", code: 64)
    try expectFault(
      ["evaluate", "s.npy", "--data", "data", "--features", "mine"],
      "mine: is a run of the recipe fashion-gan, expected one of fashion")
  }

  @Test func goesOnAfterAKillToTheSameBits() throws {
    let settings = train("--steps", "600", "--checkpoint-every", "7", "--sample-every", "200")
    let whole = try run(settings + ["--output", "runs/whole"])
    #expect(whole.code == 0, "\(whole.error)")
    let running = try apus.start(settings + ["--output", "runs/killed"])
    let log = folder("runs/killed/metrics.jsonl")
    for _ in 0..<2000 {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      if text.split(separator: "\n").count >= 20 { break }
      usleep(10_000)
    }
    kill(running.process.processIdentifier, SIGKILL)
    #expect(try apus.finish(running).code == SIGKILL)
    #expect(try run(["runs"]).output.contains("killed"))
    #expect(try run(["train", "fashion-gan", "--resume", "killed"]).code == 0)
    for name in ["weights.safetensors", "pictures/samples-00000400.png", "pictures/training.gif"] {
      let files = try ["whole", "killed"].map {
        try Data(contentsOf: URL(filePath: folder("runs/\($0)/\(name)")))
      }
      #expect(files[0] == files[1], "\(name)")
    }
  }

  @Test func aSmallSetOfImagesIsOneBatch() throws {
    let trained = try run(
      ["train", "fashion-gan", "--data", "data", "--steps", "1", "--threads", "1"])
    #expect(trained.code == 0)
    #expect(
      trained.error.contains("Note: there are 40 training images: a batch takes all of them\n"))
  }

  @Test func saysWhatIsWrong() throws {
    try expectFault(
      ["sample", "mine", "--count", "80001"],
      "--count: a picture has room for 80000, got 80001; write .npy", code: 64)
    try expectFault(
      train("--steps", "0"), "--steps: expected 1 to 100000000, got 0", code: 64)
    try expectFault(
      train("--batch-size", "41", "--steps", "1"),
      "--batch-size: expected at most 40, the number of training images, got 41")
    try expectFault(
      ["sample", "mine"], "mine: there is no such run; `apus runs` lists those under runs/")
    try expectFault(
      ["sample", "mine", "--output", "a.jpg"],
      "--output: expected a path that ends in .png or .npy, got a.jpg", code: 64)
    try expectFault(
      ["sample", "mine", "--count", "0"], "--count: expected 1 to 100000, got 0", code: 64)
    let wild = try run(train("--learning-rate", "1e30", "--output", "wild"))
    #expect(wild.code == 1)
    let last = wild.error.split(separator: "\n").last ?? ""
    #expect(
      last.contains(
        #/^Error: training diverged: .*; the last good checkpoint is wild/checkpoint/last\.safetensors \(step \d+\)$/#
      ))
  }
}
