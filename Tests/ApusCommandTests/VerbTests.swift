import ApusFormats
import ApusTensors
import Foundation
import Testing

/// The verbs from end to end on a small data set.
@Suite struct VerbTests {
  let folder = ProgramFolder()
  let apus: ApusProgram

  init() throws {
    try folder.writeData()
    apus = ApusProgram(folder: folder.path)
  }

  private static let isX86: Bool = {
    #if arch(x86_64)
      true
    #else
      false
    #endif
  }()

  private let small = ["--batch-size", "8", "--side", "16", "--width", "0.25", "--threads", "1"]

  private func train(_ more: String...) -> [String] {
    ["train", "fashion", "--data", folder("data"), "--learning-rate", "0.01"] + small + more
  }

  private func run(_ arguments: [String]) throws -> ApusProgram.Result {
    try apus.finish(apus.start(arguments))
  }

  private func json(_ result: ApusProgram.Result) throws -> [String: Any] { try result.json }

  @Test func workOnOneRun() throws {
    let trained = try run(train("--epochs", "2", "--json"))
    #expect(trained.code == 0)
    let outcome = try json(trained)
    #expect(outcome["run"] as? String == "runs/fashion-1")
    #expect(outcome["epochs"] as? Int == 2)
    #expect(outcome["seconds"] is Double)
    #expect(outcome["accuracy"] is Double)
    #expect(outcome["loss"] is Double)
    // Not on a terminal: the folder, the plan, and a line for each epoch.
    let lines = trained.error.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.first == "Run runs/fashion-1")
    #expect(lines.last?.hasPrefix("epoch 2/2  loss ") == true)

    let evaluated = try json(run(["evaluate", "fashion-1", "--json"]))
    #expect(evaluated["accuracy"] as? Double == outcome["accuracy"] as? Double)
    #expect(evaluated["loss"] as? Double == outcome["loss"] as? Double)
    #expect(evaluated["examples"] as? Int == 20)
    let table = try run(["evaluate", "fashion-1"]).output
    #expect(table.contains("Ankle boot"))

    let picture = Tensor(
      [UInt8](repeating: 9, count: 600) + [UInt8](repeating: 200, count: 300), shape: [30, 30])
    try PNG.write(picture, to: folder("shoe.png"))
    let predicted = try json(
      run(["predict", "runs/fashion-1", "shoe.png", "--top", "2", "--json"]))
    let first = try #require((predicted["predictions"] as? [[String: Any]])?.first)
    #expect(first["input"] as? String == "shoe.png")
    let top = try #require(first["top"] as? [[String: Any]])
    #expect(top.count == 2)
    #expect(
      top.allSatisfy { $0["label"] is String && $0["index"] is Int && $0["probability"] is Double })

    let sampled = try json(
      run(["predict", "fashion-1", "shoe.png", "--uncertainty", "4", "--json"]))
    let draw = try #require((sampled["predictions"] as? [[String: Any]])?.first)
    #expect(draw["passes"] as? Int == 4)
    #expect(draw["predictiveEntropy"] is Double)
    #expect(draw["mutualInformation"] is Double)
    let guesses = try #require(draw["top"] as? [[String: Any]])
    #expect(guesses.count == 3)
    #expect(guesses.allSatisfy { $0["probability"] is Double && $0["spread"] is Double })
    let words = try run(["predict", "fashion-1", "shoe.png", "--uncertainty", "4"]).output
    #expect(words.contains("Entropy (nats)"))

    let listed = try json(run(["runs", "--json"]))
    let runs = try #require(listed["runs"] as? [[String: Any]])
    #expect(runs.map { $0["name"] as? String } == ["fashion-1"])
    #expect(runs.map { $0["state"] as? String } == ["finished"])
  }

  @Test func listsAnyNameOnOneLine() throws {
    for name in ["a\nb", "c\u{1B}[31m"] {
      let run = folder("runs/\(name)")
      try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
      try AtomicFile.write("{}", to: run + "/run.json")
    }
    let listed = try run(["runs"])
    #expect(listed.output.split(separator: "\n").count == 4)
    #expect(listed.error.split(separator: "\n").count == 2)
    #expect(listed.output.contains("a\\nb"))
    #expect(!(listed.output + listed.error).contains("\u{1B}"))
  }

  @Test func saysNothingWhenQuiet() throws {
    let result = try run(train("--epochs", "1", "--quiet", "--output", "mine"))
    #expect(result.code == 0)
    #expect(result.error.isEmpty)
    #expect(result.output.contains("mine/report.html"))
  }

  @Test func doctorFindsThisMachine() throws {
    let facts = try json(run(["doctor", "--json"]))
    #expect(facts["cores"] as? Int ?? 0 > 0)
    #expect(facts["oneDNN"] as? String != nil)
    #expect(facts["dataSets"] is [[String: Any]])
    #expect(facts["freeMemoryBytes"] as? Int ?? 0 > 0)
    #expect(facts["freeDiskBytes"] as? Int ?? 0 > 0)
    #expect(facts["instructionSets"] is [String])
  }

  @Test func saysWhereAnInstructionSetIsNotUsed() throws {
    let apus = ApusProgram(folder: folder.path, environment: ["APUS_ISA": "axv2"])
    let result = try apus("doctor", "--json")
    #expect(result.code == 0)
    #expect(
      result.error.hasPrefix(
        "Note: APUS_ISA is \"axv2\", expected portable, avx2, avx512, avx512bf16 or amx; using "))
    #expect(try result.json["kernels"] is String)
  }

  /// AVX-512 without BF16, as of Skylake, or what is below it where the processor has less.
  @Test(
    .enabled(if: Self.isX86, "Arm's instructions are chosen by oneDNN"),
    arguments: ["portable", "avx512"])
  func trainsInFloat32WithoutBFloat16Instructions(instructionSet: String) throws {
    let apus = ApusProgram(folder: folder.path, environment: ["APUS_ISA": instructionSet])
    let result = try apus.finish(
      apus.start(train("--epochs", "1", "--precision", "bfloat16", "--output", "mine")))
    #expect(result.code == 0, "\(result.error)")
    #expect(result.error.contains(": products are computed in float32"))
  }

  @Test func benchmarkTimesAStep() throws {
    let figures = try json(
      run(["benchmark", "step", "fashion", "--samples", "2", "--profile", "--json"] + small))
    #expect(figures["milliseconds"] as? Double ?? 0 > 0)
    #expect(figures["imagesPerSecond"] as? Double ?? 0 > 0)
    #expect(figures["peakMemoryBytes"] as? Int ?? 0 > 1 << 20)
    #expect((figures["samples"] as? [Double])?.count == 2)
    #expect((figures["operations"] as? [[String: Any]])?.isEmpty == false)
  }

  @Test(arguments: ["float32", "bfloat16"])
  func benchmarkTimesLSTMs(precision: String) throws {
    let figures = try json(
      run([
        "benchmark", "step", "bilstm", "--batch-size", "4", "--tokens", "5", "--units", "6",
        "--samples", "2", "--precision", precision, "--threads", "2", "--profile", "--json",
      ]))
    #expect(figures["milliseconds"] as? Double ?? 0 > 0)
    #expect(figures["tokensPerSecond"] as? Double ?? 0 > 0)
    #expect(figures["batchSize"] as? Int == 4)
    #expect(figures["tokens"] as? Int == 5)
    #expect(figures["units"] as? Int == 6)
    #expect((figures["samples"] as? [Double])?.count == 2)
    let operations = try #require(figures["operations"] as? [[String: Any]])
    let names = operations.compactMap { $0["name"] as? String }
    #expect(names.count { $0 == "lstm" } == 2)
    #expect(names.count { $0 == "lstmGradient" } == 2)
  }

  @Test func benchmarkTakesGreyImages() throws {
    let command = ["benchmark", "step", "fashion", "--samples", "1", "--profile", "--json"] + small
    let grey = try json(run(command + ["--channels", "1"])), colour = try json(run(command))
    func firstFlops(_ figures: [String: Any]) -> Int? {
      (figures["operations"] as? [[String: Any]])?
        .first { $0["name"] as? String == "fusedConvolution2D" }?["flops"] as? Int
    }
    #expect(try #require(firstFlops(colour)) == 3 * (try #require(firstFlops(grey))))
  }

  @Test func benchmarkTimesAnOuterStepOfAGAN() throws {
    let figures = try json(
      run(["benchmark", "step", "wgan", "--batch-size", "4", "--samples", "2", "--json"]))
    #expect(figures["milliseconds"] as? Double ?? 0 > 0)
    #expect(figures["stepsPerSecond"] as? Double ?? 0 > 0)
    #expect(figures["peakMemoryBytes"] as? Int ?? 0 > 1 << 20)
    #expect((figures["samples"] as? [Double])?.count == 2)
    #expect(figures["batchSize"] as? Int == 4)
  }

  @Test(arguments: [
    ["forward", "fashion", "--side", "16", "--width", "0.25", "--channels", "1"],
    ["forward", "xception", "--side", "71"], ["step", "xception", "--side", "71"],
  ])
  func benchmarkTimes(what: [String]) throws {
    let size = ["--batch-size", "2", "--threads", "1", "--samples", "1", "--json"]
    let figures = try json(run(["benchmark"] + what + size))
    #expect(figures["milliseconds"] as? Double ?? 0 > 0)
    #expect(figures["imagesPerSecond"] as? Double ?? 0 > 0)
    #expect(figures["peakMemoryBytes"] as? Int ?? 0 > 1 << 20)
    #expect(figures["batchSize"] as? Int == 2)
    #expect((figures["samples"] as? [Double])?.count == 1)
  }

  /// Waits until the run has done a number of steps.
  private func waitForSteps(_ count: Int, in run: String) throws {
    let log = folder(run + "/metrics.jsonl")
    for _ in 0..<2000 {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      if text.split(separator: "\n").count >= count { return }
      usleep(10_000)
    }
    Issue.record("no \(count) steps within 20 seconds")
  }

  private func kill(_ running: ApusProgram.Running) throws {
    Foundation.kill(running.process.processIdentifier, SIGKILL)
    _ = try apus.finish(running)
  }

  /// What the list of runs says of a folder under `runs/`.
  private func state(of name: String) throws -> String? {
    let runs = try json(run(["runs", "--json"]))["runs"] as? [[String: Any]]
    return runs?.first { $0["name"] as? String == name }?["state"] as? String
  }

  private func expectSameWeights() throws {
    let weights = try ["whole", "killed"].map {
      try Data(contentsOf: URL(filePath: folder("runs/\($0)/weights.safetensors")))
    }
    #expect(weights[0] == weights[1])
  }

  @Test func goesOnAfterAKillToTheSameBits() throws {
    // So many epochs that even a fast machine is not done when the kill comes.
    let settings = train(
      "--epochs", "60", "--checkpoint-every", "3", "--learning-rate", "0.01", "--dropout", "0.3")
    let whole = try run(settings + ["--output", "runs/whole"])
    #expect(whole.code == 0, "\(whole.error)")
    let running = try apus.start(settings + ["--output", "runs/killed"])
    try waitForSteps(20, in: "runs/killed")
    try kill(running)
    #expect(try state(of: "killed") == "killed")
    #expect(try run(["train", "fashion", "--resume", "killed"]).code == 0)
    #expect(try state(of: "killed") == "finished")
    try expectSameWeights()
  }

  /// Each run is killed a little later: before it has a folder, a record, a checkpoint, a step.
  @Test func canBeHadWhereItWasKilledAsItBegan() throws {
    let whole = try run(train("--epochs", "1", "--output", "runs/whole"))
    #expect(whole.code == 0, "\(whole.error)")
    for milliseconds in stride(from: 4, through: 100, by: 12) {
      let running = try apus.start(train("--epochs", "1", "--output", "runs/killed"))
      usleep(UInt32(milliseconds) * 1000)
      try kill(running)
      let hasRecord = FileManager.default.fileExists(atPath: folder("runs/killed/run.json"))
      let again =
        hasRecord
        ? ["train", "fashion", "--resume", "killed"]
        : train("--epochs", "1", "--output", "runs/killed")
      let result = try run(again)
      let wasFinished = result.error.contains("is finished after 1 epoch")
      #expect(result.code == 0 || wasFinished, "\(milliseconds) ms: \(result.error)")
      try expectSameWeights()
      try FileManager.default.removeItem(atPath: folder("runs/killed"))
    }
  }

  @Test func weightsThatAreGoneAreMissing() throws {
    #expect(try run(train("--epochs", "1")).code == 0)
    try FileManager.default.removeItem(atPath: folder("runs/fashion-1/weights.safetensors"))
    try apus.expectFault(
      ["evaluate", "fashion-1"],
      "runs/fashion-1/weights.safetensors: is missing; apus train fashion --resume runs/fashion-1 "
        + "writes it anew")
    #expect(try run(["train", "fashion", "--resume", "fashion-1"]).code == 0)
    #expect(try run(["evaluate", "fashion-1"]).code == 0)
  }

  @Test(.slow, arguments: [["--checkpoint-every", "1"], ["--checkpoint-every", "7"], []])
  func goesOnAfterManyKillsToTheSameBits(checkpoints: [String]) throws {
    let settings = train("--epochs", "300", "--learning-rate", "0.01") + checkpoints
    let whole = try run(settings + ["--output", "runs/whole"])
    #expect(whole.code == 0, "\(whole.error)")
    let running = try apus.start(settings + ["--output", "runs/killed"])
    try waitForSteps(1, in: "runs/killed")
    try kill(running)
    var kills = 1
    for milliseconds in stride(from: 30, through: 600, by: 30) {
      let running = try apus.start(["train", "fashion", "--resume", "killed"])
      usleep(UInt32(milliseconds) * 1000)
      try kill(running)
      kills += 1
      if try state(of: "killed") == "finished" { break }
    }
    #expect(kills > 5)
    if try state(of: "killed") != "finished" {
      #expect(try run(["train", "fashion", "--resume", "killed"]).code == 0)
    }
    try expectSameWeights()
  }

  @Test(arguments: [false, true])
  func finishesTheStepOnCtrlC(isJSON: Bool) throws {
    let settings = train("--epochs", "400", "--output", "mine") + (isJSON ? ["--json"] : [])
    let running = try apus.start(settings)
    try waitForSteps(6, in: "mine")
    Foundation.kill(running.process.processIdentifier, SIGINT)
    let result = try apus.finish(running)
    #expect(result.code == 130)
    if isJSON {
      #expect(try result.json["status"] as? String == "interrupted")
      #expect(try result.json["run"] as? String == "mine")
    } else {
      #expect(result.output.isEmpty)
    }
    #expect(result.error.contains("Saved. Go on with: apus train fashion --resume mine"))
    let other = try run(["runs", "--json"])
    #expect(other.code == 0)
  }

  /// A step of this size takes far longer than two signals, and another one follows it before a checkpoint.
  @Test func leavesAtOnceOnASecondSignal() throws {
    let running = try apus.start([
      "train", "fashion", "--data", folder("data"), "--output", "mine", "--side", "112",
      "--batch-size", "10", "--threads", "1", "--augment", "none", "--epochs", "400",
      "--sharpness", "0", "--learning-rate", "0.0001",
    ])
    try waitForSteps(1, in: "mine")
    Foundation.kill(running.process.processIdentifier, SIGINT)
    usleep(5000)
    Foundation.kill(running.process.processIdentifier, SIGTERM)
    let result = try apus.finish(running)
    #expect(result.code == 143)
    #expect(!result.error.contains("Saved."))
  }

  @Test func letsOneProcessTrainARun() throws {
    let running = try apus.start(train("--epochs", "400", "--output", "mine"))
    try waitForSteps(6, in: "mine")
    let second = try run(["train", "fashion", "--resume", "mine"])
    #expect(second.code == 1)
    #expect(second.error == "Error: mine: another process is training this run\n")
    Foundation.kill(running.process.processIdentifier, SIGTERM)
    #expect(try apus.finish(running).code == 143)
  }
}
