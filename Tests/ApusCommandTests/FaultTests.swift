import ApusFormats
import Foundation
import Testing

/// What goes wrong is one sentence on standard error, exit code 1; wrong usage is 64.
@Suite struct FaultTests {
  let folder = ProgramFolder()

  private func expectFault(
    _ arguments: [String], _ sentence: String, code: Int32 = 1,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let apus = ApusProgram(folder: folder.path)
    let result = try apus.finish(apus.start(arguments))
    #expect(result.code == code, sourceLocation: location)
    #expect(result.output.isEmpty, sourceLocation: location)
    #expect(
      result.error.split(separator: "\n").first.map(String.init) == "Error: \(sentence)",
      sourceLocation: location)
    if code == 1 {
      #expect(result.error.split(separator: "\n").count == 1, sourceLocation: location)
    }
  }

  @Test func namesTheTwoWaysToGetTheData() throws {
    let nowhere = folder("nowhere")
    try expectFault(
      ["train", "fashion", "--data", nowhere],
      "no Fashion-MNIST in \(nowhere): install Debian's with `apt install dataset-fashion-mnist`, "
        + "or name a folder with its four IDX files with `--data DIR`")
    #expect(!FileManager.default.fileExists(atPath: folder("runs")))
  }

  @Test func refusesARunThatIsNotThere() throws {
    for verb in [
      ["evaluate", "mine"], ["predict", "mine", "a.png"], ["train", "fashion", "--resume", "mine"],
    ] {
      try expectFault(
        verb, "mine: there is no such run; `apus runs` lists those under runs/")
    }
  }

  @Test func refusesAFolderThatIsNoRun() throws {
    try FileManager.default.createDirectory(
      atPath: folder("mine"), withIntermediateDirectories: true)
    try expectFault(
      ["evaluate", "mine"], "mine: expected the folder of a run, found no run.json in it")
  }

  @Test func refusesARunOfANewerVersion() throws {
    try FileManager.default.createDirectory(
      atPath: folder("mine"), withIntermediateDirectories: true)
    try AtomicFile.write(#"{"format": 7}"#, to: folder("mine/run.json"))
    try expectFault(
      ["evaluate", "mine"],
      "mine/run.json: has format 7, this version of apus reads format 1; use the version that "
        + "made the run, or a newer one")
  }

  @Test func refusesAnOutputFolderInUse() throws {
    try folder.writeData()
    try expectFault(
      ["train", "fashion", "--data", folder("data"), "--batch-size", "8", "--output", "data"],
      "data: expected a folder that is empty or does not exist yet, found files in it; to continue "
        + "the run in it use --resume data")
  }

  @Test(arguments: [
    (["--epochs", "0"], "--epochs: expected at least 1, got 0"),
    (["--side", "4"], "--side: expected 8 to 1024 pixels, got 4"),
    (["--width", "9"], "--width: expected 0.04 to 4, got 9.0"),
    (["--learning-rate=-1"], "--learning-rate: expected a number above 0, got -1.0"),
    (["--limit", "0"], "--limit: expected at least 1, got 0"),
    (["--threads", "0"], "--threads: expected 1 to 512, got 0"),
    (
      ["--resume", "a", "--output", "b"],
      "--resume goes on in the run's own folder; leave --output out"
    ),
    (["--epochs", "two"], "The value 'two' is invalid for '--epochs <n>'"),
    (
      ["--precision", "half"],
      "The value 'half' is invalid for '--precision <type>'. Please provide one of 'float32' and "
        + "'bfloat16'."
    ),
    (["--colour"], "Unknown option '--colour'"),
  ])
  func callsWrongUsageByItsName(arguments: [String], sentence: String) throws {
    try expectFault(["train", "fashion"] + arguments, sentence, code: 64)
  }

  @Test func refusesAVerbThatIsNone() throws {
    let result = try ApusProgram()("fly")
    #expect(result.code == 64)
    #expect(result.error.contains("fly"))
  }
}
