import ApusFormats
import ApusGraph
import ApusLayers
import ApusTensors
import ApusTraining
import Glibc
import Testing

@Suite struct CheckpointTests {
  private func bytes(_ path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "rb"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    try AtomicFile.write(bytes, to: path)
  }

  /// Trains to the end in `folder`, from a checkpoint or from nothing.
  @discardableResult
  private func train(
    _ folder: String, from start: TrainingStart, failure: Int? = nil, epochs: Int = 3,
    interval: Int? = nil
  ) async throws -> EventLog {
    let log = EventLog()
    var settings = smallSettings(epochs: epochs, folder: folder, interval: interval)
    settings.note = { ["lines": "7"] }
    let trainer = try Trainer(smallRecipe, settings)
    try await trainer.train(
      on: SmallSource(failure: failure), from: start, reportingTo: log.report)
    return log
  }

  @Test(arguments: [0, 1, 4, 5, 7, 10, 14], [nil, 1, 2])
  func aKilledRunEndsWithTheSameBits(_ failure: Int, _ interval: Int?) async throws {
    let (whole, killed) = (try TemporaryFolder(), try TemporaryFolder())
    let expected = try await train(whole.path, from: .initialValues)
    await #expect(throws: SmallSource.Failure.self) {
      try await train(killed.path, from: .initialValues, failure: failure, interval: interval)
    }
    let log = try await train(killed.path, from: .checkpoint, interval: interval)
    let (last, again) = (CheckpointFolder(whole.path), CheckpointFolder(killed.path))
    #expect(try last.load().checkpoint.step == 15)
    #expect(try bytes(again.lastPath) == bytes(last.lastPath))
    #expect(log.epochs.last?.progress.loss == expected.epochs.last?.progress.loss)
    #expect(log.epochs.last?.progress.metrics == expected.epochs.last?.progress.metrics)
  }

  /// A part that is not trained has averages, too, though no step asks for them.
  @Test func aKilledRunWithAFrozenPartEndsWithTheSameBits() async throws {
    let recipe = TrainingRecipe(
      model: Sequential {
        Frozen(Dense(6, activation: .relu).named("base"))
        Dense(3).named("head")
      }, loss: SoftmaxCrossEntropyLoss(), optimizer: Adam(), averaging: WeightAveraging(decay: 0.9))
    func train(_ folder: String, _ start: TrainingStart, failure: Int? = nil) async throws {
      let trainer = try Trainer(recipe, smallSettings(folder: folder))
      try await trainer.train(on: SmallSource(failure: failure), from: start)
    }
    let (whole, killed) = (try TemporaryFolder(), try TemporaryFolder())
    try await train(whole.path, .initialValues)
    await #expect(throws: SmallSource.Failure.self) {
      try await train(killed.path, .initialValues, failure: 7)
    }
    try await train(killed.path, .checkpoint)
    #expect(
      try bytes(CheckpointFolder(killed.path).lastPath)
        == bytes(CheckpointFolder(whole.path).lastPath))
  }

  @Test func aRunThatStoppedEarlyStaysStopped() async throws {
    let folder = try TemporaryFolder()
    var settings = smallSettings(epochs: 50, learningRate: 0, folder: folder.path)
    settings.earlyStopping = EarlyStopping(watching: .evaluationLoss, patience: 2)
    func train(_ start: TrainingStart, patience: Int) async throws -> StopReason {
      settings.earlyStopping?.patience = patience
      let trainer = try Trainer(smallRecipe, settings)
      return try await trainer.train(on: SmallSource(), evaluatingOn: SmallSource(), from: start)
    }
    guard case .noImprovement = try await train(.initialValues, patience: 2) else {
      Issue.record("the rate 0 improved the loss")
      return
    }
    let ended = try bytes(CheckpointFolder(folder.path).lastPath)
    #expect(try await train(.checkpoint, patience: 2) == .noImprovement(epochs: 2))
    #expect(try bytes(CheckpointFolder(folder.path).lastPath) == ended)
    #expect(try await train(.checkpoint, patience: 3) == .noImprovement(epochs: 3))
  }

  @Test func thereIsOneBeforeTheFirstStep() async throws {
    let folder = try TemporaryFolder()
    await #expect(throws: SmallSource.Failure.self) {
      try await train(folder.path + "/new", from: .initialValues, failure: 0)
    }
    let loaded = try CheckpointFolder(folder.path + "/new").load()
    #expect(loaded.checkpoint.step == 0)
    #expect(loaded.checkpoint.seed == 11)
    #expect(loaded.checkpoint.note == ["lines": "7"])
    #expect(
      Set(loaded.checkpoint.tensors.map(\.name)).isSuperset(of: [
        "dense/kernel", "batch_norm/moving_mean", "optimizer/m/dense/kernel", "average/dense/bias",
      ]))
  }

  @Test func moreEpochsGoOn() async throws {
    let (short, long) = (try TemporaryFolder(), try TemporaryFolder())
    try await train(short.path, from: .initialValues, epochs: 2)
    let log = try await train(short.path, from: .checkpoint, epochs: 3)
    #expect(
      log.kinds == [
        "planned", "step", "step", "step", "step", "step", "epoch", "checkpoint", "stopped",
      ])
    try await train(long.path, from: .initialValues)
    let (last, again) = (CheckpointFolder(long.path), CheckpointFolder(short.path))
    #expect(try bytes(again.lastPath) == bytes(last.lastPath))
  }

  /// Every 97th byte of a small file, changed or the last that is left.
  @Test func anyDamageFallsBackToThePreviousOne() async throws {
    let folder = try TemporaryFolder()
    try await train(folder.path, from: .initialValues, epochs: 2)
    let checkpoints = CheckpointFolder(folder.path)
    let good = try bytes(checkpoints.lastPath)
    var damaged: [[UInt8]] = [[]]
    for position in stride(from: 0, to: good.count, by: 97) {
      var copy = good
      copy[position] ^= 0x10
      damaged.append(copy)
      damaged.append(Array(good[..<position]))
    }
    for bytes in damaged {
      try write(bytes, checkpoints.lastPath)
      let loaded = try checkpoints.load()
      #expect(loaded.path == checkpoints.previousPath)
      #expect(loaded.checkpoint.step == 5)
      #expect(loaded.notice?.contains("last.safetensors") == true)
    }
    let log = try await train(folder.path, from: .checkpoint, epochs: 2)
    #expect(log.notices.count == 1)
    #expect(try bytes(checkpoints.lastPath) == good)
  }

  @Test func withoutAnyItSaysSo() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: CheckpointError.self) { try CheckpointFolder(folder.path).load() }
    #expect(error == .missing(folder: folder.path))
  }

  /// A run that has a checkpoint, if a damaged one, is not one that has none.
  @Test func aDamagedPreviousOneAloneIsNotMissing() async throws {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(folder.path)
    try write([1, 2, 3], checkpoints.previousPath)
    let alone = #expect(throws: CheckpointError.self) { try checkpoints.load() }
    #expect(
      alone?.description.hasPrefix("the checkpoint \(checkpoints.previousPath) is damaged: ")
        == true)
    try write([1], checkpoints.lastPath)
    let both = try #require(#expect(throws: CheckpointError.self) { try checkpoints.load() })
      .description
    #expect(both.hasPrefix("the checkpoint \(checkpoints.lastPath) is damaged: "))
    #expect(both.contains("; and the checkpoint \(checkpoints.previousPath) is damaged: "))
  }

  @Test func aNewerFormatIsRefused() async throws {
    let folder = try TemporaryFolder()
    try await train(folder.path, from: .initialValues, epochs: 1)
    let path = CheckpointFolder(folder.path).lastPath
    var contents = try Safetensors.read(path)
    contents.metadata["format"] = "2"
    try Safetensors.write(contents.tensors, metadata: contents.metadata, to: path)
    let error = #expect(throws: CheckpointError.self) { try CheckpointFolder(folder.path).load() }
    #expect(
      error?.description
        == "the checkpoint \(path) has format 2, this version reads formats up to 1")
  }

  @Test func anotherRunIsRefused() async throws {
    let folder = try TemporaryFolder()
    try await train(folder.path, from: .initialValues, epochs: 1)
    func sentence(
      _ recipe: TrainingRecipe, _ change: (inout TrainerSettings) -> Void = { _ in }
    ) async throws -> String? {
      var settings = smallSettings(folder: folder.path)
      change(&settings)
      let trainer = try Trainer(recipe, settings)
      return await #expect(throws: CheckpointError.self) {
        try await trainer.train(on: SmallSource(), from: .checkpoint)
      }?.description
    }
    #expect(try await sentence(smallRecipe) { $0.seed = 12 }?.contains("seed is 11") == true)
    let digest = try await sentence(smallRecipe) { $0.settingsDigest = "other" }
    #expect(digest?.contains("settings") == true)
    var narrow = smallRecipe
    narrow.model = Sequential {
      Dense(8)
      Dense(3)
    }
    #expect(try await sentence(narrow)?.contains("dense/kernel is float32[4, 16]") == true)
    var plain = smallRecipe
    plain.averaging = nil
    #expect(try await sentence(plain)?.contains("the model has no average/") == true)
    var momentum = smallRecipe
    momentum.optimizer = SGD(momentum: 0.9)
    #expect(try await sentence(momentum)?.contains("lacks optimizer/velocity/") == true)
  }

  @Test func whatCannotBeWrittenIsASentence() async throws {
    let folder = try TemporaryFolder()
    try write([], folder.path + "/file")
    let trainer = try Trainer(smallRecipe, smallSettings(folder: folder.path + "/file"))
    let error = await #expect(throws: CheckpointError.self) {
      try await trainer.train(on: SmallSource())
    }
    #expect(error?.description.hasPrefix("cannot write the checkpoint ") == true)
  }
}
