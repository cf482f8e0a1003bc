import ApusApplications
import ApusDatasets
import ApusEngine
import ApusFormats
import ApusTraining
import Foundation
import Testing

/// What a run looks like that goes on, and what it begins with.
@Suite struct FashionResumeTests {
  let temporary = TemporaryFolder()
  let data = TemporaryFolder()
  let options: FashionOptions

  init() throws {
    try SyntheticFashion.write(to: data)
    options = SyntheticFashion.options(data)
  }

  /// The numbers that a new run of these options writes.
  private func weights(
    _ options: FashionOptions, _ name: String
  ) async throws -> [String: [Float]] {
    let run = try await FashionRecipe.train(options, output: temporary(name)).folder
    let tensors = try Safetensors.read(run.weightsFile).tensors
    return Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor.scalars()) })
  }

  private var more: FashionOptions {
    var more = FashionOptions()
    more.epochs = 2
    return more
  }

  private func train() async throws -> RunFolder {
    try await FashionRecipe.train(options, output: temporary("run")).folder
  }

  @Test func removesWhatKilledWritersLeft() async throws {
    let run = try await train()
    let folders = [run.path, run.checkpointFolder, run.picturesFolder]
    for folder in folders {
      // No process has this number: the largest is 2²².
      try AtomicFile.write("half", to: folder + "/.whole.2147483646.partial")
      try AtomicFile.write("half", to: folder + "/.whole.\(getppid()).partial")
    }
    _ = try await FashionRecipe.resume(run, more)
    for folder in folders {
      let hidden = try RunFolder.entries(of: folder).filter { $0.hasPrefix(".") }
      #expect(hidden == [".whole.\(getppid()).partial"], "\(folder)")
    }
  }

  /// Its checkpoint has them still.
  @Test func writesTheWeightsOfAFinishedRunAnew() async throws {
    let run = try await train()
    let weights = try FileBytes.read(run.weightsFile)
    try FileManager.default.removeItem(atPath: run.weightsFile)
    let resumed = try await FashionRecipe.resume(run, FashionOptions())
    #expect(resumed.record.status == .finished)
    #expect(try FileBytes.read(run.weightsFile) == weights)
    await #expect(throws: RunError.self) { try await FashionRecipe.resume(run, FashionOptions()) }
  }

  @Test func aChangedBitOfTheWeightsIsFound() async throws {
    let run = try await train()
    var bytes = try FileBytes.read(run.weightsFile)
    bytes[bytes.count - 5] ^= 1
    try AtomicFile.write(bytes, to: run.weightsFile)
    let error = #expect(throws: RunError.self) { try FashionRecipe.evaluate(run) }
    #expect(
      error?.description
        == "\(run.weightsFile): its checksum differs from that of what it holds")
  }

  /// The folder is the same however its path is spelled.
  @Test func wantsItsImagesWhereTheyWere() async throws {
    let run = try await train()
    var spelled = more
    spelled.data = data.path + "/./"
    #expect(try await FashionRecipe.resume(run, spelled).record.progress.epochs == 2)
    let moved = data.path + "-moved"
    try #require(rename(data.path, moved) == 0)
    defer { rename(moved, data.path) }
    var further = FashionOptions()
    further.epochs = 3
    let error = await #expect(throws: RunError.self) {
      try await FashionRecipe.resume(run, further)
    }
    #expect(
      error?.description
        == "\(data.path): expected the images that the run was begun with, found none; put their "
        + "four IDX files back there, or a link to them")
  }

  @Test func recordsWhereItsCheckpointIs() async throws {
    let run = try await train()
    var record = try run.record()
    #expect(record.results != nil)
    record.status = .running
    record.failure = "an earlier sentence"
    record.progress = .init(epochs: 7, totalEpochs: 1, steps: 99)
    try AtomicFile.write(record.json(), to: run.recordFile)
    let records = Records<RunRecord>()
    let outcome = try await FashionRecipe.resume(
      run, more,
      reportingTo: { event in
        if case .planned = event { records.add(try? run.record()) }
      })
    let begun = try #require(records.all.first)
    #expect(begun.status == .running)
    #expect(begun.results == record.results)
    #expect(begun.failure == nil)
    #expect(begun.progress == .init(epochs: 1, totalEpochs: 2, steps: 5))
    #expect(outcome.record.progress == .init(epochs: 2, totalEpochs: 2, steps: 10))
    #expect(outcome.record.results != nil)
    #expect(outcome.record.results != record.results)
  }

  /// Results are of the weights: they go with them, even where nothing comes after.
  @Test func dropsItsResultsWithTheWeightsTheyAreOf() async throws {
    let run = try await train()
    let weights = FileManager.default.contents(atPath: run.weightsFile)
    try FileManager.default.removeItem(atPath: run.reportFile)
    try FileManager.default.createDirectory(
      atPath: run.reportFile + "/full", withIntermediateDirectories: true)
    let fault = await #expect(throws: FormatError.self) {
      try await FashionRecipe.resume(run, more)
    }
    #expect(fault?.file == run.reportFile)
    let record = try run.record()
    #expect(record.status == .failed)
    #expect(record.results == nil)
    #expect(FileManager.default.contents(atPath: run.weightsFile) != weights)
  }

  /// The weights stay until the end, so what was measured of them does, too.
  @Test func keepsItsResultsWhereItIsInterrupted() async throws {
    let run = try await train()
    let (results, weights) = (
      try run.record().results, FileManager.default.contents(atPath: run.weightsFile)
    )
    let resuming = Task {
      try await FashionRecipe.resume(
        run, more, begun: { _ in withUnsafeCurrentTask { $0?.cancel() } })
    }
    #expect(try await resuming.value.record.status == .interrupted)
    #expect(try run.record().results == results)
    #expect(FileManager.default.contents(atPath: run.weightsFile) == weights)
  }

  @Test func keepsItsResultsWhereItCannotGoOn() async throws {
    let run = try await train()
    let record = try run.record()
    func expectItsResults() throws {
      let kept = try run.record()
      #expect(kept.status == .finished)
      #expect(kept.failure == nil)
      #expect(kept.results == record.results)
      #expect(kept.progress == record.progress)
      #expect(kept.settings == record.settings)
    }
    try SyntheticFashion.write(to: data, training: 48)
    await #expect(
      throws: RunError.setting(
        "\(data.path): expected 40 training images, as when the run was begun, found 48")
    ) { try await FashionRecipe.resume(run, more) }
    try expectItsResults()
    try SyntheticFashion.write(to: data, shift: 1)
    await #expect(
      throws: RunError.setting(
        "\(data.path): expected the training images and labels that the run was begun with, "
          + "found others")
    ) { try await FashionRecipe.resume(run, more) }
    try expectItsResults()
    try SyntheticFashion.write(to: data)
    let metrics = run.path + "/metrics.jsonl"
    try FileManager.default.removeItem(atPath: metrics)
    try FileManager.default.createDirectory(atPath: metrics, withIntermediateDirectories: false)
    await #expect(throws: RunError.self) { try await FashionRecipe.resume(run, more) }
    try expectItsResults()
  }

  @Test func goesOnFromACheckpointWithoutAChecksumOfItsImages() async throws {
    let run = try await train()
    let checkpoints = CheckpointFolder(run.checkpointFolder)
    var (checkpoint, _, _) = try checkpoints.load()
    checkpoint.settingsDigest.replace(try Regex(#""imagesChecksum": ?\d+,? ?"#), with: "")
    #expect(!checkpoint.settingsDigest.contains("imagesChecksum"))
    try checkpoints.save(checkpoint)
    let outcome = try await FashionRecipe.resume(run, more)
    #expect(outcome.record.progress.epochs == 2)
  }

  /// Of another seed, of other settings, and of this run but after more epochs than it has.
  @Test(arguments: ["seed", "width", "epochs"])
  func staysAsItIsWhereItsCheckpointIsNone(difference: String) async throws {
    let run = try await train()
    var foreign = options
    if difference == "seed" { foreign.seed = 7 }
    if difference == "width" { foreign.width = 0.5 }
    if difference == "epochs" { foreign.epochs = 3 }
    let other = try await FashionRecipe.train(foreign, output: temporary("other")).folder
    let before = try run.interrupted(withCheckpointOf: other)
    let error = await #expect(throws: (any Error).self) {
      try await FashionRecipe.resume(run, more)
    }
    let sentences = [
      "seed": "is of another run: its seed is 7, this run's 0",
      "width": "its setting width is 0.25, that of its checkpoint 0.5",
      "epochs": "the checkpoint has begun 3 epochs of 2",
    ]
    let sentence = try #require(sentences[difference])
    #expect(error.map { "\($0)".contains(sentence) } == true, "\(error.map { "\($0)" } ?? "")")
    #expect(run.written == before)
  }

  @Test func beginsAnewWhereItWasKilledBeforeItsFirstCheckpoint() async throws {
    let whole = try await train()
    let killed = try await FashionRecipe.train(options, output: temporary("killed")).folder
    var record = try killed.record()
    record.status = .running
    record.results = nil
    record.progress = .init(epochs: 0, totalEpochs: 1, steps: 0)
    try AtomicFile.write(record.json(), to: killed.recordFile)
    for file in [killed.checkpointFolder, killed.weightsFile, killed.path + "/metrics.jsonl"] {
      try FileManager.default.removeItem(atPath: file)
    }
    _ = try await FashionRecipe.resume(killed, FashionOptions())
    #expect(
      FileManager.default.contents(atPath: killed.weightsFile)
        == FileManager.default.contents(atPath: whole.weightsFile))
  }

  /// The last checkpoint has the statistics of training, the weights those that were taken after it.
  @Test func takesItsStatisticsAnewWhereItWasKilledAfterItsLastCheckpoint() async throws {
    let run = try await train()
    let weights = FileManager.default.contents(atPath: run.weightsFile)
    let taken = try Safetensors.read(run.weightsFile).tensors
    let trained = try CheckpointFolder(run.checkpointFolder).load().checkpoint.tensors
    for (name, tensor) in taken {
      let before = try #require(trained.first { $0.name == name }).tensor
      #expect((before.doubles == tensor.doubles) != name.contains("moving"), "\(name)")
    }
    var record = try run.record()
    (record.status, record.results) = (.running, nil)
    try AtomicFile.write(record.json(), to: run.recordFile)
    try FileManager.default.removeItem(atPath: run.weightsFile)
    let resumed = try await FashionRecipe.resume(run, FashionOptions())
    #expect(FileManager.default.contents(atPath: run.weightsFile) == weights)
    #expect(try FashionRecipe.evaluate(run) == resumed.result)
  }

  private func evaluator(of run: RunFolder) throws -> Evaluator {
    let settings = try options.settings()
    let weights = try Safetensors.read(run.weightsFile).tensors
    return try Evaluator(
      model: FashionRecipe.training(settings).model,
      input: FashionRecipe.inputType(settings, batch: 1),
      weights: Dictionary(uniqueKeysWithValues: weights.map { ($0.name, $0.tensor) }),
      options: EngineOptions(threads: settings.threads))
  }

  /// The rows that fill a padded batch are no examples.
  @Test func paddedBatchesHaveAsManyExamplesAsShortOnes() async throws {
    let evaluator = try evaluator(of: await train())
    let images = try FashionMNIST.load(from: data.path).test
    let side = try options.settings().side
    func evaluate(_ last: ImageBatches.LastBatch) throws -> Evaluation {
      try evaluator.evaluate(
        PrefetchedBatches(ImageBatches(of: images, batchSize: 7, side: side, lastBatch: last)))
    }
    #expect(try evaluate(.short).examples == images.count)
    #expect(try evaluate(.padded) == evaluate(.short))
  }

  @Test func itsStatisticsAreOfTrainingImagesAsTheyAre() async throws {
    let run = try await train()
    let settings = try options.settings()
    // Each image of a step is beside its mirror image: it has 16 rows.
    let images = try ImageBatches(
      of: FashionMNIST.load(from: data.path).training, batchSize: 16, side: settings.side,
      order: .shuffled(seed: settings.seed))
    let again = try evaluator(of: run)
    try again.recomputeStatistics(on: PrefetchedBatches(images))
    #expect(
      try again.evaluate(PrefetchedBatches(images))
        == evaluator(of: run).evaluate(PrefetchedBatches(images)))
  }

  @Test(arguments: [
    (128, true, 20), (128, false, 40), (100, true, 25), (8192, true, 1), (1, false, 5120),
  ])
  func itsStatisticsAreOfSomeFiveThousandImages(
    _ batchSize: Int, _ isPaired: Bool, _ batches: Int
  ) {
    var settings = FashionSettings()
    settings.batchSize = batchSize
    settings.augmentation = isPaired ? .both : .erase
    #expect(settings.statisticsBatchCount == batches)
  }

  @Test func keepsWhatItBeganWith() async throws {
    var sharp = options
    sharp.sharpness = 0.1
    let run = try await FashionRecipe.train(sharp, output: temporary("run")).folder
    #expect(try run.record().settings["sharpness"] == 0.1)
    #expect(try run.record().settings["classifierRateFactor"] == 0.1)
    #expect(try run.record().settings["firstWeights"] == "near-identity")
    #expect(try run.record().settings["auxiliaryWeight"] == 0.3)
    var other = more
    other.auxiliaryWeight = 0.5
    (other.sharpness, other.classifierRateFactor, other.firstWeights) = (0, 1, .keras)
    let error = await #expect(throws: RunError.self) { try await FashionRecipe.resume(run, other) }
    for option in [
      "--sharpness", "--auxiliary-weight", "--classifier-rate-factor", "--first-weights",
    ] {
      #expect(error?.description.contains(option) == true)
    }
  }

  @Test(arguments: [(1, 0.0), (9, 0), (10, 0.1), (30, 0.1)])
  func longRunsAreSharp(_ epochs: Int, _ radius: Double) throws {
    var some = options
    some.epochs = epochs
    #expect(try some.settings().sharpness == radius)
    some.sharpness = 0.2
    #expect(try some.settings().sharpness == 0.2)
  }

  @Test(arguments: [1, 30])
  func runsOfAnyLengthAreSupervisedWithin(_ epochs: Int) throws {
    var some = options
    some.epochs = epochs
    #expect(try some.settings().auxiliaryWeight == 0.3)
    some.auxiliaryWeight = 0.7
    #expect(try some.settings().auxiliaryWeight == 0.7)
  }

  /// The file of the weights is that of the same network without them.
  @Test func writesNoAuxiliaryClassifiers() async throws {
    var single = options
    single.auxiliaryWeight = 0
    let (supervised, alone) = (
      try await weights(options, "with"), try await weights(single, "without")
    )
    #expect(Set(supervised.keys) == Set(alone.keys))
    #expect(supervised != alone)
  }

  @Test(arguments: [
    (1, 1.0, 0.01), (9, 2, 0.01), (9, 0.99, 0.1), (1, 0.25, 0.1), (10, 1, 1), (30, 0.25, 1),
  ])
  func shortRunsSlowTheClassifier(_ epochs: Int, _ width: Double, _ factor: Double) throws {
    var short = options
    (short.epochs, short.width) = (epochs, width)
    #expect(try short.settings().classifierRateFactor == factor)
    short.classifierRateFactor = 0.3
    #expect(try short.settings().classifierRateFactor == 0.3)
  }

  /// Records of versions without these settings do not name them.
  @Test func goesOnAsItBeganWhereItsRecordNamesNone() async throws {
    var plain = options
    plain.augmentation = .pair
    plain.sharpness = 0
    plain.classifierRateFactor = 1
    plain.firstWeights = .keras
    plain.auxiliaryWeight = 0
    let run = try await FashionRecipe.train(plain, output: temporary("run")).folder
    let resumed = try await FashionRecipe.resume(run, more)
    for settings in [try run.record().settings, resumed.record.settings] {
      #expect(settings["sharpness"] == nil)
      #expect(settings["classifierRateFactor"] == nil)
      #expect(settings["firstWeights"] == nil)
      #expect(settings["auxiliaryWeight"] == nil)
    }
    #expect(resumed.record.progress.epochs == 2)
  }

  @Test func readsSettingsThatNameNone() throws {
    let all = try JSONEncoder().encode(options.settings())
    var members = try #require(JSONSerialization.jsonObject(with: all) as? [String: Any])
    #expect(members["classifierRateFactor"] as? Double == 0.1)
    for name in ["sharpness", "auxiliaryWeight", "classifierRateFactor", "firstWeights"] {
      members[name] = nil
    }
    members["normalizationMomentum"] = 0.5  // what some records name that is no setting any more
    let rest = try JSONSerialization.data(withJSONObject: members)
    let settings = try JSONDecoder().decode(FashionSettings.self, from: rest)
    #expect(settings.sharpness == 0)
    #expect(settings.auxiliaryWeight == 0)
    #expect(settings.classifierRateFactor == 1)
    #expect(settings.firstWeights == .keras)
  }

  @Test(arguments: FashionSettings.FirstWeights.allCases)
  func beginsWithTheWeightsAskedFor(firstWeights: FashionSettings.FirstWeights) async throws {
    var still = options
    still.learningRate = 1e-30
    still.firstWeights = .keras
    let keras = try await weights(still, "keras")
    still.firstWeights = firstWeights
    let found = try await weights(still, "found")
    // What begins at zero or is normalized moves a little in one step, even at this rate.
    let changed = keras.keys.filter { $0.hasSuffix("kernel") && keras[$0] != found[$0] }
    let pointwise = [3, 5, 7, 8, 9, 10, 11, 13].map { "conv_pw_\($0)/kernel" }
    let depthwise = (1...13).map { "conv_dw_\($0)/depthwise_kernel" }
    #expect(Set(changed) == (firstWeights == .keras ? [] : Set(pointwise + depthwise)))
  }

  @Test(arguments: ["-5", "inf", "nan", "1e12", "soon"])
  func refusesSecondsThatMakeNoSense(seconds: String) async throws {
    let run = try await train()
    try forge("note.seconds", seconds, in: run.checkpointFolder + "/last.safetensors")
    let error = await #expect(throws: RunError.self) {
      try await FashionRecipe.resume(run, more)
    }
    #expect(error?.description.contains(run.checkpointFolder) == true)
    #expect(error?.description.contains("got \(seconds)") == true)
  }

  /// Writes a checkpoint again with another entry, and with the checksum that belongs to it.
  private func forge(_ key: String, _ value: String, in file: String) throws {
    var content = try Safetensors.read(file)
    content.metadata[key] = value
    var checksum = Checksum()
    let entries = content.metadata.filter { $0.key != "checksum" }
    checksum.add(entries)
    checksum.add(content.tensors)
    content.metadata["checksum"] = "\(checksum.value)"
    try Safetensors.write(content.tensors, metadata: content.metadata, to: file)
  }

  // MARK: Settings that fit what is there

  @Test func takesAllImagesInAStepWhereThereAreFewerThanTheDefault() async throws {
    var few = options
    few.batchSize = nil
    few.limit = 20
    let notices = Records<String>()
    let outcome = try await FashionRecipe.train(few, output: temporary("run")) { event in
      if case .notice(let text) = event { notices.add(text) }
    }
    #expect(notices.all == ["there are 20 training images: a step takes all of them"])
    #expect(outcome.record.settings["batchSize"] == 20)
    #expect(outcome.record.progress.steps == 1)
    #expect(outcome.result?.examples == 20)
    let resumed = try await FashionRecipe.resume(outcome.folder, more)
    #expect(resumed.record.progress.steps == 2)
  }

  @Test func computesInFloat32WhereTheProcessorHasNoBFloat16() {
    let without = FashionRecipe.precision(running: .bfloat16, supportsBFloat16: false)
    #expect(without.precision == .float32)
    #expect(
      without.notice?.hasPrefix("there are no fast bfloat16 instructions in ") == true)
    #expect(without.notice?.contains(": products are computed in float32") == true)
    for supports in [false, true] {
      let plain = FashionRecipe.precision(running: .float32, supportsBFloat16: supports)
      #expect(plain == (.float32, nil))
    }
    #expect(FashionRecipe.precision(running: .bfloat16, supportsBFloat16: true) == (.bfloat16, nil))
  }

  @Test func recordsThePrecisionThatRan() async throws {
    var rounded = options
    rounded.precision = .bfloat16
    let expected = FashionRecipe.precision(running: .bfloat16)
    let notices = Records<String>()
    let outcome = try await FashionRecipe.train(rounded, output: temporary("run")) { event in
      if case .notice(let text) = event { notices.add(text) }
    }
    #expect(try outcome.folder.record().precision == expected.precision)
    #expect(outcome.record.settings["precision"] == "bfloat16")
    #expect(notices.all == (expected.notice.map { [$0] } ?? []))
  }

  @Test func refusesAStepThatMemoryDoesNotHold() throws {
    var settings = FashionSettings()
    try FashionRecipe.checkMemory(settings, free: 1 << 30)
    try FashionRecipe.checkMemory(settings, free: nil)
    settings.side = 1024
    settings.batchSize = 8192
    let error = #expect(throws: RunError.self) {
      try FashionRecipe.checkMemory(settings, free: 512 << 30)
    }
    #expect(
      error?.description
        == "a step of 8,192 images, each beside its mirror image, of 1024 × 1024 pixels at α 1.0 needs "
        + "about 13.3 TiB of memory, 512 GiB are free; give a smaller --batch-size, --side or --width"
    )
    settings.augmentation = .erase
    let single = #expect(throws: RunError.self) {
      try FashionRecipe.checkMemory(settings, free: 512 << 30)
    }
    #expect(
      single?.description
        == "a step of 8,192 images of 1024 × 1024 pixels at α 1.0 needs about 6.6 TiB of memory, "
        + "512 GiB are free; give a smaller --batch-size, --side or --width")
    // The largest settings there are.
    settings.width = 4
    #expect(FashionRecipe.memoryEstimate(settings) > 20_000_000_000_000)
  }

  @Test func judgesAsManyImagesAtATimeAsMemoryHolds() throws {
    var settings = FashionSettings()
    #expect(try FashionRecipe.evaluationBatch(settings, holding: 5, free: nil) == 128)
    #expect(try FashionRecipe.evaluationBatch(settings, holding: 5, free: 1 << 30) == 128)
    settings.side = 1024
    settings.batchSize = 8192
    // 26 MB of weights, then 4 · 1024² · (3 · 5 + 24) bytes for each image.
    #expect(try FashionRecipe.evaluationBatch(settings, holding: 5, free: 1 << 30) == 6)
    let error = #expect(throws: RunError.self) {
      try FashionRecipe.evaluationBatch(settings, holding: 5, free: 180_000_000)
    }
    #expect(
      error?.description.hasPrefix("an image of 1024 × 1024 pixels at α 1.0 needs about") == true)
  }
}
