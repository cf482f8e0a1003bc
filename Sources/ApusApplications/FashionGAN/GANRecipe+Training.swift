import ApusDatasets
import ApusEngine
import ApusFormats
import ApusNumerics
import ApusTensors
import ApusTraining

/// What became of the training of a GAN.
public struct GANOutcome: Sendable {
  public let folder: RunFolder
  /// What `run.json` says now.
  public let record: RunRecord
  /// What is wrong with the training, in sentences.
  public let warnings: [String]
  /// The last line of the log; nil where there is none.
  public let lastLine: MetricsLine?

  /// Whether all steps are done.
  public var isFinished: Bool { record.status == .finished }
}

extension GANRecipe {
  /// Trains a new run; a cancelled task finishes its step, saves and returns.
  ///
  /// All data files are checked before a folder is made, and a run that fails before its first checkpoint
  /// leaves nothing behind.
  ///
  /// - Parameters:
  ///   - output: the folder of the run, empty or new; nil for the next number under `runs/`.
  ///   - report: called on the trainer's thread with everything that happens.
  ///   - begun: called with the folder once it is made.
  public static func train(
    _ options: GANOptions, output: String? = nil,
    reportingTo report: @escaping @Sendable (AdversarialEvent) -> Void = { _ in },
    begun: @escaping @Sendable (RunFolder) -> Void = { _ in }
  ) async throws -> GANOutcome {
    var settings = try options.settings()
    let data = try trainingData(settings)
    var notice: String?
    if options.batchSize == nil, data.count < settings.batchSize {
      notice = "there are \(data.count.counted("training image")): a batch takes all of them"
      settings.batchSize = data.count
    }
    try check(data, settings)
    let (folder, made) = try RunFolder.make(recipe: name, output: output)
    let lock = try RunLock(folder, made: made)
    defer { withExtendedLifetime(lock) {} }
    var run = GANRun(folder: folder, settings: settings, data: data, notice: notice)
    do {
      try folder.checkSpace(for: 200_000_000)
      return try await run.train(from: nil, begun, report)
    } catch {
      if !run.hasCheckpoint { folder.discard(with: made) }
      throw error
    }
  }

  /// Goes on with a run that was interrupted or killed, or trains a finished one for more steps.
  ///
  /// - Parameter options: may name more steps and another number of threads, nothing else.
  public static func resume(
    _ folder: RunFolder, _ options: GANOptions,
    reportingTo report: @escaping @Sendable (AdversarialEvent) -> Void = { _ in },
    begun: @escaping @Sendable (RunFolder) -> Void = { _ in }
  ) async throws -> GANOutcome {
    let lock = try RunLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let record = try folder.record(of: name)
    let recorded = try GANSettings(in: record, of: folder)
    let settings = try options.settings(resuming: recorded, of: folder)
    if record.status == .finished, folder.hasWeights, settings.steps <= record.progress.steps {
      throw RunError.finishedSteps(path: folder.path, steps: record.progress.steps)
    }
    let data = try RunFolder.sameData(in: settings.data) { _ in try trainingData(settings) }
    try check(data, settings)
    for path in [folder.path, folder.checkpointFolder, folder.picturesFolder] {
      AtomicFile.removeLeftovers(in: path)
    }
    let checkpoint = try folder.checkpoint(of: record)
    if let checkpoint {
      try SettingsDigest.check(
        settings.digest(of: data, beside: checkpoint), seed: settings.seed, against: checkpoint,
        of: folder, data: settings.data)
    }
    var run = GANRun(folder: folder, settings: settings, data: data)
    return try await run.train(from: (record, checkpoint), begun, report)
  }

  private static func trainingData(_ settings: GANSettings) throws -> ImageClassificationData {
    try FashionMNIST.load(from: settings.data).training.limited(to: settings.limit ?? .max)
  }

  private static func check(
    _ data: ImageClassificationData, _ settings: GANSettings
  ) throws(RunError) {
    guard data.height == side, data.width == side else {
      throw .setting(
        "--data: expected pictures of \(side) × \(side), got \(data.height) × \(data.width)")
    }
    guard data.count >= settings.batchSize else {
      throw .setting(
        "--batch-size: expected at most \(data.count), the number of training images, "
          + "got \(settings.batchSize)")
    }
    try checkMemory(settings)
  }
}

/// One session of training a run.
private struct GANRun {
  let folder: RunFolder
  let settings: GANSettings
  let data: ImageClassificationData
  /// What to tell first.
  let notice: String?
  private(set) var hasCheckpoint = false

  init(
    folder: RunFolder, settings: GANSettings, data: ImageClassificationData, notice: String? = nil
  ) {
    self.folder = folder
    self.settings = settings
    self.data = data
    self.notice = notice
  }

  mutating func train(
    from last: (record: RunRecord, checkpoint: Checkpoint?)?,
    _ begun: @escaping @Sendable (RunFolder) -> Void,
    _ report: @escaping @Sendable (AdversarialEvent) -> Void
  ) async throws -> GANOutcome {
    let batches = try ImageBatches(
      of: data, batchSize: settings.batchSize, side: GANRecipe.side, channels: 1,
      order: .shuffled(seed: settings.seed))
    var record = try record(after: last, batchesPerEpoch: batches.batchCount)
    let canceller = Canceller()
    // A run that begins has its record before anything else: without it, it could not be resumed.
    if last == nil { try folder.write(&record) }
    let recorder = try GANRecorder(
      folder, record, settings, from: last?.checkpoint, onFailure: canceller.cancel)
    begun(folder)
    if let last, last.checkpoint == nil { report(.notice(RunFolder.beginningAnew)) }
    if let notice { report(.notice(notice)) }
    do {
      let trainer = try AdversarialTrainer(
        GANRecipe.adversarial(settings), trainerSettings(recorder, last?.checkpoint))
      let reason = try await canceller.run {
        try await trainer.train(
          on: PrefetchedBatches(batches),
          from: last?.checkpoint == nil ? .initialValues : .checkpoint
        ) { event in
          recorder.report(event)
          report(event)
          for finding in recorder.newFindings() { report(.notice(finding)) }
        }
      }
      if let failure = recorder.failure { throw failure }
      hasCheckpoint = true
      guard reason == .finished else { return try interrupted(recorder) }
      let weights = try await trainer.weights()
      try recorder.dropResults()
      try folder.write(weights, of: GANRecipe.name)
      return try finish(recorder)
    } catch {
      hasCheckpoint = hasCheckpoint || recorder.hasSaved
      if last == nil || recorder.hasBegun {
        folder.fail(recorder.record, with: error, before: hasCheckpoint ? nil : last?.record)
      }
      throw error
    }
  }

  /// The record of a run that begins or goes on, from where its checkpoint is.
  private func record(
    after last: (record: RunRecord, checkpoint: Checkpoint?)?, batchesPerEpoch: Int
  ) throws -> RunRecord {
    var record = last?.record ?? RunRecord(recipe: GANRecipe.name, seed: settings.seed)
    record.status = .running
    record.failure = nil
    record.threads = settings.threads
    record.precision = .float32
    record.settings = try JSON(encoding: settings)
    let steps = last?.checkpoint?.step ?? 0
    record.progress = .init(
      epochs: steps * settings.criticSteps / batchesPerEpoch,
      totalEpochs: settings.steps * settings.criticSteps / batchesPerEpoch, steps: steps,
      totalSteps: settings.steps)
    record.versions = .current
    record.machine = .current
    return record
  }

  private func trainerSettings(
    _ recorder: GANRecorder, _ checkpoint: Checkpoint?
  ) throws -> AdversarialSettings {
    AdversarialSettings(
      steps: settings.steps, learningRate: settings.learningRate, seed: settings.seed,
      engine: EngineOptions(threads: settings.threads), meansInterval: settings.meansInterval,
      sampleInputs: GANRecipe.inputs(
        settings, count: GANRecipe.gridSide * GANRecipe.gridSide, seed: settings.seed,
        label: { $0 % GANRecipe.classes.count }),
      sampleInterval: settings.sampleInterval, checkpointFolder: folder.checkpointFolder,
      checkpointInterval: settings.checkpointInterval,
      settingsDigest: try settings.digest(of: data, beside: checkpoint), note: { recorder.note })
  }

  private func interrupted(_ recorder: GANRecorder) throws -> GANOutcome {
    var record = recorder.record
    record.status = .interrupted
    try folder.write(&record)
    return GANOutcome(
      folder: folder, record: record, warnings: recorder.findings, lastLine: recorder.lines.last)
  }

  /// Writes everything that people read.
  private func finish(_ recorder: GANRecorder) throws -> GANOutcome {
    var record = recorder.record
    let (lines, warnings) = (recorder.lines, recorder.findings)
    record.status = .finished
    record.results = [
      "distance": lines.last?.distance.map(JSON.number) ?? .null,
      "warnings": .array(warnings.map(JSON.string)),
    ]
    try GANReport(
      folder: folder, record: record, settings: settings, lines: lines, warnings: warnings
    ).write()
    try folder.write(&record)
    return GANOutcome(folder: folder, record: record, warnings: warnings, lastLine: lines.last)
  }
}

extension GANOutcome {
  /// The outcome as `apus train --json` prints it.
  public var json: JSON {
    var members: [String: JSON] = [
      "run": .string(folder.path), "recipe": .string(record.recipe),
      "status": .string(record.status.rawValue), "epochs": .integer(record.progress.epochs),
      "steps": .integer(record.progress.steps), "seconds": .number(record.timings.training),
      "warnings": .array(warnings.map(JSON.string)),
    ]
    if let lastLine {
      members["distance"] = lastLine.distance.map(JSON.number) ?? .null
      members["penalty"] = lastLine.penalty.map(JSON.number) ?? .null
      members["gradientNorm"] = lastLine.gradientNorm.map(JSON.number) ?? .null
      members["criticLoss"] = .number(lastLine.loss)
      members["generatorLoss"] = lastLine.generatorLoss.map(JSON.number) ?? .null
    }
    return .object(members)
  }
}
