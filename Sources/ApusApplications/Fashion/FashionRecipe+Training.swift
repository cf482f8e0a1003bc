import ApusEngine
import ApusFormats
import ApusNumerics
import ApusTensors
import ApusTraining
import FoundationEssentials
import Synchronization

/// What became of a training.
public struct TrainingOutcome: Sendable {
  public let folder: RunFolder
  /// What `run.json` says now.
  public let record: RunRecord
  /// What the model reaches on the test images; nil where training was interrupted.
  public let result: ClassificationReport?
}

extension FashionRecipe {
  /// Trains a new run and evaluates it; a cancelled task finishes its step, saves and returns.
  ///
  /// All data files are checked before a folder is made, and a run that fails before its first checkpoint
  /// leaves nothing behind.
  ///
  /// - Parameters:
  ///   - output: the folder of the run, empty or new; nil for the next number under `runs/`.
  ///   - report: called on the trainer's thread with everything that happens.
  ///   - begun: called with the folder once it is made.
  public static func train(
    _ options: FashionOptions, output: String? = nil,
    reportingTo report: @escaping @Sendable (TrainingEvent) -> Void = { _ in },
    begun: @escaping @Sendable (RunFolder) -> Void = { _ in }
  ) async throws -> TrainingOutcome {
    var settings = try options.settings()
    let data = try FashionData(from: settings.data, limit: settings.limit)
    var notices = [precision(running: settings.precision).notice]
    if options.batchSize == nil, data.training.count < settings.batchSize {
      notices.append(
        "there are \(data.training.count.counted("training image")): a step takes all of them")
      settings.batchSize = data.training.count
    }
    try data.check(settings)
    try checkMemory(settings)
    let (folder, made) = try RunFolder.make(recipe: name, output: output)
    let lock = try RunLock(folder, made: made)
    defer { withExtendedLifetime(lock) {} }
    var run = FashionRun(
      folder: folder, settings: settings, data: data, notices: notices.compactMap(\.self))
    do {
      try folder.checkSpace(for: spaceEstimate(settings))
      return try await run.train(from: nil, begun, report)
    } catch {
      if !run.hasCheckpoint { folder.discard(with: made) }
      throw error
    }
  }

  /// Goes on with a run that was interrupted or killed, or trains a finished one for more epochs.
  ///
  /// - Parameter options: may name more epochs and another number of threads, nothing else.
  public static func resume(
    _ folder: RunFolder, _ options: FashionOptions,
    reportingTo report: @escaping @Sendable (TrainingEvent) -> Void = { _ in },
    begun: @escaping @Sendable (RunFolder) -> Void = { _ in }
  ) async throws -> TrainingOutcome {
    let lock = try RunLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let record = try folder.record(of: name)
    let recorded = try FashionSettings(in: record, of: folder)
    let settings = try options.settings(resuming: recorded, of: folder)
    if record.status == .finished, folder.hasWeights, settings.epochs <= record.progress.epochs {
      throw RunError.finished(path: folder.path, epochs: record.progress.epochs)
    }
    let data = try RunFolder.sameData(in: settings.data) { folder in
      try FashionData(from: folder, limit: settings.limit)
    }
    try data.check(settings)
    try checkMemory(settings)
    for path in [folder.path, folder.checkpointFolder, folder.picturesFolder] {
      AtomicFile.removeLeftovers(in: path)
    }
    let checkpoint = try folder.checkpoint(of: record)
    if let checkpoint {
      try SettingsDigest.check(
        settings.digest(of: data.training, beside: checkpoint), seed: settings.seed,
        against: checkpoint, of: folder, data: settings.data)
    }
    let notice = precision(running: settings.precision).notice
    var run = FashionRun(
      folder: folder, settings: settings, data: data, notices: notice.map { [$0] } ?? [])
    return try await run.train(from: (record, checkpoint), begun, report)
  }
}

/// One session of training a run.
private struct FashionRun {
  let folder: RunFolder
  let settings: FashionSettings
  let data: FashionData
  /// What to tell before the training.
  let notices: [String]
  private(set) var hasCheckpoint = false

  init(folder: RunFolder, settings: FashionSettings, data: FashionData, notices: [String]) {
    self.folder = folder
    self.settings = settings
    self.data = data
    self.notices = notices
  }

  mutating func train(
    from last: (record: RunRecord, checkpoint: Checkpoint?)?,
    _ begun: @escaping @Sendable (RunFolder) -> Void,
    _ report: @escaping @Sendable (TrainingEvent) -> Void
  ) async throws -> TrainingOutcome {
    var record = try record(after: last)
    let batches = try data.trainingBatches(settings)
    let canceller = Canceller()
    // A run that begins has its record before anything else: without it, it could not be resumed.
    if last == nil { try folder.write(&record) }
    let recorder = try RunRecorder(
      folder, record, examplesPerEpoch: batches.batchCount * batches.rowCount,
      batchSize: batches.rowCount,
      from: last?.checkpoint, onFailure: canceller.cancel)
    begun(folder)
    if let last, last.checkpoint == nil { report(.notice(RunFolder.beginningAnew)) }
    for notice in notices { report(.notice(notice)) }
    do {
      let trainer = try Trainer(
        FashionRecipe.training(settings),
        trainerSettings(batches.batchCount, recorder, last?.checkpoint))
      let reason = try await canceller.run {
        try await trainer.train(
          on: PrefetchedBatches(batches),
          from: last?.checkpoint == nil ? .initialValues : .checkpoint
        ) { event in
          recorder.report(event)
          report(event)
        }
      }
      if let failure = recorder.failure { throw failure }
      hasCheckpoint = true
      guard reason == .finished else { return try interrupted(recorder.record) }
      return try await finish(recorder, trainer)
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
    after last: (record: RunRecord, checkpoint: Checkpoint?)?
  ) throws -> RunRecord {
    var record = last?.record ?? RunRecord(recipe: FashionRecipe.name, seed: settings.seed)
    record.status = .running
    record.failure = nil
    record.threads = settings.threads
    record.precision = FashionRecipe.engine(settings).precision
    record.settings = try JSON(encoding: settings)
    record.progress = .init(
      epochs: last?.checkpoint?.epoch ?? 0, totalEpochs: settings.epochs,
      steps: last?.checkpoint?.step ?? 0)
    record.versions = .current
    record.machine = .current
    return record
  }

  private func trainerSettings(
    _ stepsPerEpoch: Int, _ recorder: RunRecorder, _ checkpoint: Checkpoint?
  ) throws -> TrainerSettings {
    TrainerSettings(
      epochs: settings.epochs,
      schedule: OneCycleSchedule(
        peak: settings.learningRate,
        steps: settings.epochs * stepsPerEpoch),
      seed: settings.seed, engine: FashionRecipe.engine(settings),
      checkpointFolder: folder.checkpointFolder, checkpointInterval: settings.checkpointInterval,
      settingsDigest: try settings.digest(of: data.training, beside: checkpoint),
      note: { recorder.note })
  }

  private func interrupted(_ record: RunRecord) throws -> TrainingOutcome {
    var record = record
    record.status = .interrupted
    try folder.write(&record)
    return TrainingOutcome(folder: folder, record: record, result: nil)
  }

  /// Takes the statistics of the final weights, writes and evaluates them, and writes everything that people read.
  ///
  /// The trainer evaluates, for it has threads already and has given the memory of its step back.
  private func finish(
    _ recorder: RunRecorder, _ trainer: Trainer
  ) async throws -> TrainingOutcome {
    let clock = ContinuousClock()
    let start = clock.now
    try await trainer.recomputeStatistics(
      on: data.statisticsBatches(settings), batches: settings.statisticsBatchCount, with: .current)
    let weights = try await trainer.weights(.current)
    try recorder.dropResults()
    try folder.write(weights, of: FashionRecipe.name)
    var record = recorder.record
    let collected = Mutex(ClassificationTally())
    let batches = try FashionData.testBatches(of: data.testing, settings)
    _ = try await trainer.evaluate(on: batches) { _, targets, logits in
      collected.withLock { $0.add(logits: logits, targets: targets) }
    }
    let tally = collected.withLock { $0 }
    let result = tally.report(classes: FashionRecipe.classes)
    record.timings.evaluation = (clock.now - start) / .seconds(1)
    record.status = .finished
    record.results = result.json
    try FashionReport(
      folder: folder, record: record, settings: settings, lines: recorder.lines, result: result,
      mistakes: tally.worst(64), images: data.testing.pixels
    ).write()
    try folder.write(&record)
    return TrainingOutcome(folder: folder, record: record, result: result)
  }
}

extension TrainingOutcome {
  /// The outcome as `apus train --json` prints it.
  public var json: JSON {
    var members: [String: JSON] = [
      "run": .string(folder.path), "recipe": .string(record.recipe),
      "status": .string(record.status.rawValue), "epochs": .integer(record.progress.epochs),
      "steps": .integer(record.progress.steps), "seconds": .number(record.timings.training),
    ]
    if let result {
      members["accuracy"] = .number(result.accuracy)
      members["loss"] = .number(result.loss)
      members["macroF1"] = .number(result.macroF1)
      members["examples"] = .integer(result.examples)
    }
    return .object(members)
  }
}
