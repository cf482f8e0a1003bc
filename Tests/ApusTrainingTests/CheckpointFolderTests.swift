import ApusFormats
import ApusTensors
import ApusTraining
import Glibc
import Testing

/// What a folder of checkpoints holds at each moment at which a process or a disk may fail.
@Suite struct CheckpointFolderTests {
  private let temporary: TemporaryFolder
  private let checkpoints: CheckpointFolder

  /// A folder with a last checkpoint of step 10 and a previous one of step 5.
  init() async throws {
    temporary = try TemporaryFolder()
    checkpoints = CheckpointFolder(temporary.path)
    try await train(from: .initialValues, epochs: 2)
  }

  @discardableResult
  private func train(from start: TrainingStart, epochs: Int) async throws -> EventLog {
    let log = EventLog()
    let trainer = try Trainer(smallRecipe, smallSettings(epochs: epochs, folder: temporary.path))
    try await trainer.train(on: SmallSource(), from: start, reportingTo: log.report)
    return log
  }

  private func path(_ name: String) -> String { temporary.path + "/" + name }

  private func move(_ name: String, to other: String) throws {
    try #require(rename(path(name), path(other)) == 0)
  }

  private func damage(_ path: String) throws {
    try AtomicFile.write("no checkpoint", to: path)
  }

  /// The step of the checkpoint in a file, read as the last one of a folder of its own.
  private func step(of file: String) throws -> Int {
    let alone = try TemporaryFolder()
    let copy = CheckpointFolder(alone.path)
    let content = try Safetensors.read(file)
    try Safetensors.write(content.tensors, metadata: content.metadata, to: copy.lastPath)
    return try copy.load().checkpoint.step
  }

  /// It may be whole: the run must not go on from the one before.
  @Test(.enabled(if: geteuid() != 0, "root may read every file"))
  func aFileThatMayNotBeReadIsNotDamaged() throws {
    try #require(chmod(checkpoints.lastPath, 0) == 0)
    let error = #expect(throws: CheckpointError.self) { try checkpoints.load() }
    #expect(
      error?.description
        == "cannot read the checkpoint \(checkpoints.lastPath): Permission denied")
  }

  @Test func theSaveAfterAFallbackKeepsTheGoodPrevious() async throws {
    try damage(checkpoints.lastPath)
    #expect(try checkpoints.load().checkpoint.step == 5)
    await #expect(throws: SmallSource.Failure.self) {
      let settings = smallSettings(epochs: 2, folder: temporary.path, interval: 1)
      let trainer = try Trainer(smallRecipe, settings)
      try await trainer.train(on: SmallSource(failure: 6), from: .checkpoint)
    }
    #expect(try step(of: checkpoints.lastPath) == 6)
    #expect(try step(of: checkpoints.previousPath) == 5)
    // Had the new last one been lost as well, the previous one still loads.
    try damage(checkpoints.lastPath)
    let loaded = try checkpoints.load()
    #expect(loaded.path == checkpoints.previousPath)
    #expect(loaded.checkpoint.step == 5)
  }

  @Test func aFallbackThatIsKilledBeforeItsFirstSaveFallsBackAgain() async throws {
    try damage(checkpoints.lastPath)
    for _ in 0..<2 {
      await #expect(throws: SmallSource.Failure.self) {
        let trainer = try Trainer(smallRecipe, smallSettings(epochs: 2, folder: temporary.path))
        try await trainer.train(on: SmallSource(failure: 6), from: .checkpoint)
      }
      #expect(access(checkpoints.lastPath, F_OK) != 0)
      #expect(try step(of: checkpoints.previousPath) == 5)
    }
    let log = try await train(from: .checkpoint, epochs: 2)
    #expect(log.notices.count == 1)
    #expect(try step(of: checkpoints.lastPath) == 10)
  }

  /// Killed after the new file was written, before any name changed.
  @Test func aNextFileThatWasNotNamedYetIsNoCheckpoint() async throws {
    try damage(path("next.safetensors"))
    let loaded = try checkpoints.load()
    #expect(loaded.path == checkpoints.lastPath)
    #expect(loaded.checkpoint.step == 10)
    #expect(loaded.notice == nil)
    try await train(from: .checkpoint, epochs: 3)
    #expect(access(path("next.safetensors"), F_OK) != 0)
    #expect(try step(of: checkpoints.lastPath) == 15)
    #expect(try step(of: checkpoints.previousPath) == 10)
  }

  /// Killed after the last one got the previous one's name, before the next got the last one's.
  @Test func oneFileOfBothNamesIsTheLast() async throws {
    try #require(unlink(checkpoints.previousPath) == 0)
    try #require(link(checkpoints.lastPath, checkpoints.previousPath) == 0)
    #expect(try checkpoints.load().checkpoint.step == 10)
    try await train(from: .checkpoint, epochs: 3)
    #expect(try step(of: checkpoints.lastPath) == 15)
    #expect(try step(of: checkpoints.previousPath) == 10)
    #expect(access(path("kept.safetensors"), F_OK) != 0)
  }

  /// Killed between the two names on a file system without links.
  @Test func withoutALastTheRunGoesOnFromThePrevious() async throws {
    try move("last.safetensors", to: "previous.safetensors")
    let loaded = try checkpoints.load()
    #expect(loaded.path == checkpoints.previousPath)
    #expect(loaded.checkpoint.step == 10)
    #expect(loaded.notice?.contains("step 10") == true)
    try await train(from: .checkpoint, epochs: 3)
    #expect(try step(of: checkpoints.lastPath) == 15)
    #expect(try step(of: checkpoints.previousPath) == 10)
  }

  // MARK: Numbers

  /// Writes the last checkpoint again with another entry, and with the checksum that belongs to it.
  private func forge(_ key: String, _ value: String) throws {
    var content = try Safetensors.read(checkpoints.lastPath)
    content.metadata[key] = value
    var checksum = Checksum()
    let entries = content.metadata.filter { $0.key != "checksum" }
    for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
      checksum.add("\(key)\0\(value)\0")
    }
    for (name, tensor) in content.tensors.sorted(by: { $0.name < $1.name }) {
      checksum.add("\(name)\0\(tensor.type)\0")
      tensor.withBytes { checksum.add($0) }
    }
    content.metadata["checksum"] = "\(checksum.value)"
    try Safetensors.write(content.tensors, metadata: content.metadata, to: checkpoints.lastPath)
  }

  @Test func aForgedNumberInRangeIsTaken() throws {
    try forge("step", "7")
    #expect(try checkpoints.load().checkpoint.step == 7)
  }

  @Test(
    arguments: ["step", "epoch", "stepInEpoch", "examples", "epochsWithoutImprovement"],
    ["-1", "9007199254740992", "9223372036854775807", "1e3"])
  func numbersOutOfRangeAreDamage(key: String, value: String) throws {
    try forge(key, value)
    let loaded = try checkpoints.load()
    #expect(loaded.path == checkpoints.previousPath)
    #expect(loaded.notice?.contains("\(key) is \(value)") == true)
  }
}
