import ApusApplications
import ApusFormats
import Glibc
import Testing

@Suite struct RunFolderTests {
  let temporary = TemporaryFolder()

  @Test func numbersRunsOneAfterTheOther() throws {
    let home = temporary("runs")
    for number in 1...3 {
      let folder = try RunFolder.make(recipe: "fashion", output: nil, home: home).folder
      #expect(folder.path == "\(home)/fashion-\(number)")
    }
    let other = try RunFolder.make(recipe: "fashion-gan", output: nil, home: home).folder
    #expect(other.name == "fashion-gan-1")
    // Numbers are not used again, so a new run never looks like an old one.
    rmdir("\(home)/fashion-1")
    #expect(
      try RunFolder.make(recipe: "fashion", output: nil, home: home).folder.name == "fashion-4")
  }

  @Test(arguments: ["9223372036854775807", "2147483648", "-5"])
  func leavesNamesOfOthersOutOfItsNumbers(name: String) throws {
    let home = temporary("runs")
    _ = try RunFolder.make(recipe: "fashion", output: "\(home)/fashion-\(name)")
    #expect(
      try RunFolder.make(recipe: "fashion", output: nil, home: home).folder.name == "fashion-1")
  }

  @Test func givesEachOfManyStartedTogetherItsOwnNumber() async throws {
    let home = temporary("runs")
    let names = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<20 {
        group.addTask { try RunFolder.make(recipe: "fashion", output: nil, home: home).folder.name }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(names.count == 20)
  }

  @Test func takesAnEmptyOrNewOutputFolderAsItIs() throws {
    let output = temporary("deep/er/run")
    for made in [[temporary("deep"), temporary("deep/er"), output], []] {
      let run = try RunFolder.make(recipe: "fashion", output: output)
      #expect(run == (RunFolder(path: output), made))
    }
  }

  @Test func leavesNoFoldersOnTheWayToOneThatCannotBe() throws {
    let long = String(repeating: "n", count: 300)
    #expect(throws: RunError.self) {
      try RunFolder.make(recipe: "fashion", output: temporary("deep/er/\(long)"))
    }
    #expect(try RunFolder.entries(of: temporary.path).isEmpty)
    try AtomicFile.write(
      "mine",
      to: RunFolder.make(recipe: "fashion", output: temporary("full")).folder.path + "/notes")
    #expect(throws: RunError.occupied(path: temporary("new/../full"), isRun: false)) {
      try RunFolder.make(recipe: "fashion", output: temporary("new/../full"))
    }
    #expect(try RunFolder.entries(of: temporary.path) == ["full"])
  }

  @Test func refusesAnOutputFolderWithFilesInIt() {
    temporary.write("mine", to: "notes")
    let left = ".run.json.2147483646.partial"
    temporary.write("{", to: left)
    #expect(throws: RunError.occupied(path: temporary.path, isRun: false)) {
      try RunFolder.make(recipe: "fashion", output: temporary.path)
    }
    #expect((try? RunFolder.entries(of: temporary.path)) == [left, "notes"])
    let start =
      "\(temporary.path): expected a folder that is empty or does not exist yet, found files in it; "
    func sentence() -> String? {
      let error = #expect(throws: RunError.self) {
        try RunFolder.make(recipe: "fashion", output: temporary.path)
      }
      return error?.description
    }
    #expect(sentence() == start + "give another --output")
    temporary.write("{}", to: "run.json")
    #expect(sentence() == start + "to continue the run in it use --resume \(temporary.path)")
  }

  /// A run that was killed before it had a record is none: its folder is as good as a new one.
  @Test func takesAFolderWithWhatAKilledWriterLeft() throws {
    temporary.write("{", to: ".run.json.2147483646.partial")
    #expect(try RunFolder.make(recipe: "fashion", output: temporary.path).made.isEmpty)
  }

  @Test func refusesAnOutputFolderThatCannotBe() {
    temporary.write("mine", to: "notes")
    let output = temporary("notes/run")
    let error = #expect(throws: RunError.self) {
      try RunFolder.make(recipe: "fashion", output: output)
    }
    #expect(
      error?.description
        == "\(temporary("notes")): cannot be written: it is a file, expected a folder")
  }

  @Test func findsARunByPathAndByName() throws {
    let home = temporary("runs")
    let folder = try RunFolder.make(recipe: "fashion", output: nil, home: home).folder
    #expect(throws: RunError.noRun(path: folder.path)) { try RunFolder.find(folder.path) }
    temporary.write("{}", to: "runs/fashion-1/run.json")
    #expect(try RunFolder.find(folder.path) == folder)
    #expect(try RunFolder.find(folder.path + "/") == folder)
    #expect(try RunFolder.find("fashion-1", home: home) == folder)
    #expect(throws: RunError.missing(path: "fashion-2")) {
      try RunFolder.find("fashion-2", home: home)
    }
  }

  @Test func waitsForNoWriterOfItsRecord() throws {
    let folder = try RunFolder.make(recipe: "fashion", output: temporary("run")).folder
    #expect(mkfifo(folder.recordFile, 0o600) == 0)
    #expect(
      throws: RunError.damaged(
        file: folder.recordFile, reason: "expected a file, found something else")
    ) { try folder.record() }
  }

  @Test func isLockedByOneTrainingAtATime() throws {
    let folder = try RunFolder.make(recipe: "fashion", output: temporary("run")).folder
    #expect(!RunLock.isHeld(on: folder))
    let lock = try RunLock(folder)
    #expect(RunLock.isHeld(on: folder))
    #expect(throws: RunError.busy(path: folder.path)) { try RunLock(folder) }
    withExtendedLifetime(lock) {}
  }
}
