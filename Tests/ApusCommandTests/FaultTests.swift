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
    let result = try apus.expectFault(arguments, sentence, code: code, at: location)
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

  @Test(arguments: [["doctor", "--json"], ["runs"], ["solve", "--help"]])
  func saysWhereResultsCannotBeWritten(arguments: [String]) throws {
    let apus = ApusProgram(folder: folder.path)
    let result = try apus.finish(apus.start(arguments, output: "/dev/full"))
    #expect(result.code == 1)
    #expect(result.error == "Error: cannot write standard output: No space left on device\n")
  }

  /// Swift would mend the text, and it would name another file.
  @Test func refusesArgumentsThatAreNotUTF8() throws {
    let shell = ApusProgram(folder: folder.path, program: "/bin/sh")
    let program = ApusProgram.buildFolder.appending(path: "apus").path
    try shell.expectFault(
      ["-c", "exec \"$0\" train fashion --output \"$(printf 'mine\\377')\"", program],
      "argument 4, mine\u{FFFD}: expected UTF-8, found other bytes", code: 64)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  /// Names and texts of files may hold anything, also what moves a terminal's cursor.
  @Test func escapesControlCharacters() throws {
    try expectFault(
      ["evaluate", "mi\u{1B}[31mne\n"],
      #"mi\u{1B}[31mne\n: there is no such run; `apus runs` lists those under runs/"#)
  }

  @Test func refusesARunThatIsNotThere() throws {
    for verb in [
      ["evaluate", "mine"], ["predict", "mine", "a.png"], ["train", "fashion", "--resume", "mine"],
    ] {
      try expectFault(
        verb, "mine: there is no such run; `apus runs` lists those under runs/")
    }
  }

  @Test(arguments: ["--data", "--features"])
  func refusesToEvaluateWithoutAFolder(option: String) throws {
    try expectFault(
      ["evaluate", "mine", option, ""],
      "\(option): expected the path of a folder, got an empty text", code: 64)
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
      "data: expected a folder that is empty or does not exist yet, found files in it; give "
        + "another --output")
  }

  @Test(arguments: [
    (["--epochs", "0"], "--epochs: expected 1 to 1000000, got 0"),
    (["--epochs", "-1"], "--epochs: expected 1 to 1000000, got -1"),
    (["--learning-rate", "-1e-3"], "--learning-rate: expected a number above 0, got -0.001"),
    (
      ["--learning-rate", "1e-60"],
      "--learning-rate: expected 1.2e-38 to 3.4e+38, as float32 holds, got 1e-60"
    ),
    (["--epochs", "1000001"], "--epochs: expected 1 to 1000000, got 1000001"),
    (
      ["--epochs", "9223372036854775807"],
      "--epochs: expected 1 to 1000000, got 9223372036854775807"
    ),
    (["--side", "4"], "--side: expected 8 to 1024 pixels, got 4"),
    (["--width", "9"], "--width: expected 0.04 to 4, got 9.0"),
    (["--learning-rate=-1"], "--learning-rate: expected a number above 0, got -1.0"),
    (["--classifier-rate-factor=-1"], "--classifier-rate-factor: expected 0 to 1000, got -1.0"),
    (["--classifier-rate-factor", "nan"], "--classifier-rate-factor: expected 0 to 1000, got nan"),
    (["--sharpness=-1"], "--sharpness: expected 0 to 1000, got -1.0"),
    (["--auxiliary-weight=-1"], "--auxiliary-weight: expected 0 to 1000, got -1.0"),
    (["--auxiliary-weight", "nan"], "--auxiliary-weight: expected 0 to 1000, got nan"),
    (["--sharpness", "nan"], "--sharpness: expected 0 to 1000, got nan"),
    (["--sharpness", "inf"], "--sharpness: expected 0 to 1000, got inf"),
    (["--limit", "0"], "--limit: expected at least 1, got 0"),
    (["--threads", "0"], "--threads: expected 1 to 512, got 0"),
    (
      ["--resume", "a", "--output", "b"],
      "--resume goes on in the run's own folder; leave --output out"
    ),
    (["--resume", "a", "--side", "4"], "--side: expected 8 to 1024 pixels, got 4"),
    (["--output", ""], "--output: expected the path of a folder, got an empty text"),
    (["--resume", ""], "--resume: expected the path of a folder, got an empty text"),
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

  @Test func callsWrongUsageOfAResumeByItsName() throws {
    try expectFault(
      ["train", "fashion-gan", "--resume", "a", "--steps", "0"],
      "--steps: expected 1 to 100000000, got 0", code: 64)
  }

  @Test func refusesARunOfAnotherRecipe() throws {
    let words = folder("words.txt")
    try AtomicFile.write(String(repeating: "one two three four five six\n", count: 200), to: words)
    let apus = ApusProgram(folder: folder.path)
    let trained = try apus("train", "words", words, "--epochs", "1", "--output", "mine", "--quiet")
    #expect(trained.code == 0)
    for arguments in [["predict", "mine", "a.png"], ["train", "fashion", "--resume", "mine"]] {
      try expectFault(arguments, "mine: is a run of the recipe words, expected one of fashion")
    }
    // What only the run shows is told with the verb's usage, too.
    let unnamed = try apus.expectFault(
      ["evaluate", "mine"], "name files with --analogies or --similarities", code: 64)
    #expect(unnamed.error.hasSuffix("\nUsage: apus evaluate <run> <options>\n"))
  }

  @Test(arguments: [
    (["fashion", "--channels", "2"], "--channels: expected 1 or 3, got 2"),
    (["wgan", "--batch-size", "0"], "--batch-size: expected 1 to 100000, got 0"),
    (["wgan", "--samples", "0"], "--samples: expected 1 to 10000, got 0"),
  ])
  func callsWrongUsageOfABenchmarkByItsName(arguments: [String], sentence: String) throws {
    try expectFault(["benchmark", "step"] + arguments, sentence, code: 64)
  }

  @Test func refusesARunWithoutAName() throws {
    try expectFault(
      ["evaluate", ""], "<run>: expected a folder or its name, got an empty text", code: 64)
  }

  @Test(arguments: [
    ["benchmark", "step", "fashion"], ["train", "fashion", "--data", "data", "--augment", "erase"],
  ])
  func refusesAStepThatMemoryDoesNotHold(verb: [String]) throws {
    // 8,192 images, for a batch may not hold more than there are.
    if verb[0] == "train" { try folder.writeData(training: 8192) }
    let apus = ApusProgram(folder: folder.path)
    let result = try apus.finish(
      apus.start(verb + ["--side", "1024", "--batch-size", "8192"]))
    #expect(result.code == 1)
    #expect(result.output.isEmpty)
    #expect(
      result.error.hasPrefix(
        "Error: a step of 8,192 images of 1024 × 1024 pixels at α 1.0 needs about 6.6 TiB of "
          + "memory, "))
    #expect(result.error.split(separator: "\n").count == 1)
    #expect(!FileManager.default.fileExists(atPath: folder("runs")))
  }

  // MARK: While training

  private static let small = [
    "--data", "data", "--batch-size", "8", "--side", "16", "--width", "0.25", "--threads", "1",
  ]

  @Test(.enabled(if: geteuid() != 0, "root writes to read-only folders too"))
  func refusesAReadOnlyOutputFolder() throws {
    try folder.writeData()
    try FileManager.default.createDirectory(
      atPath: folder("mine"), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o555])
    try expectFault(
      ["train", "fashion", "--output", "mine"] + Self.small,
      "mine: cannot be written: permission denied")
  }

  /// The kernel lets nobody make folders there.
  @Test func refusesAnOutputFolderThatNobodyCanMake() throws {
    try folder.writeData()
    let output = "/proc/sys/apus-run"
    let apus = ApusProgram(folder: folder.path)
    let result = try apus.finish(
      apus.start(["train", "fashion", "--output", output] + Self.small))
    #expect(result.code == 1)
    #expect(result.error.hasPrefix("Error: \(output): cannot be written: "))
    #expect(result.error.split(separator: "\n").count == 1)
  }

  /// A limit on the size of files stands for a full disk: writing ends in the middle of the first checkpoint.
  @Test func leavesNothingWhereAFileCannotBeWrittenWhole() throws {
    try folder.writeData()
    let program = ApusProgram.buildFolder.appending(path: "apus").path
    let arguments = ["train", "fashion", "--output", "mine"] + Self.small
    let shell = ApusProgram(folder: folder.path, program: "/bin/sh")
    let result = try shell.finish(
      shell.start(
        [
          "-c", "trap '' XFSZ; ulimit -f 256; exec \"$0\" \"$@\"", program,
        ] + arguments))
    #expect(result.code == 1)
    let last = result.error.split(separator: "\n").last ?? ""
    #expect(
      last.hasPrefix("Error: cannot write the checkpoint mine/checkpoint/last.safetensors: "))
    #expect(last.lowercased().contains("file too large"))
    #expect(!FileManager.default.fileExists(atPath: folder("mine")))
  }

  @Test func stopsWhereTheLossIsNoNumber() throws {
    try folder.writeData()
    let apus = ApusProgram(folder: folder.path)
    let result = try apus.finish(
      apus.start(["train", "fashion", "--output", "mine", "--learning-rate", "1e30"] + Self.small))
    #expect(result.code == 1)
    #expect(result.output.isEmpty)
    let last = result.error.split(separator: "\n").last ?? ""
    #expect(last.hasPrefix("Error: training diverged: "))
    #expect(last.contains(#/at step \d+, learning rate [\d.e+]+; /#))
    #expect(
      last.contains(
        #/the last good checkpoint is mine/checkpoint/last\.safetensors \(step \d+\)$/#))
    let evaluated = try apus("evaluate", "mine")
    #expect(
      evaluated.error.hasPrefix(
        "Error: mine: has no weights yet, its training failed: training diverged: "))
  }

  @Test func refusesAVerbThatIsNone() throws {
    let result = try ApusProgram()("fly")
    #expect(result.code == 64)
    #expect(result.error.contains("fly"))
    try expectFault(["help", "fly"], "help: expected a verb, got fly", code: 64)
    #expect(try ApusProgram()("help", "train", "words").output.contains("apus train words"))
  }
}
