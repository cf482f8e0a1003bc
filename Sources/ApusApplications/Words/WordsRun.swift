import ApusDatasets
import ApusFormats
import ApusNumerics
import ApusWordVectors
import FoundationEssentials
import Glibc

/// One session of training a run of `words`.
struct WordsRun {
  private let folder: RunFolder
  private let settings: WordsSettings
  private let report: @Sendable (WordsEvent) -> Void
  private var record: RunRecord
  private var position: WordsCheckpoint.Position
  private var model: WordModel?
  private var corpus: EncodedCorpus?
  private var log: MetricsLog?
  private(set) var hasCheckpoint = false

  init(
    _ folder: RunFolder, _ settings: WordsSettings,
    _ report: @escaping @Sendable (WordsEvent) -> Void
  ) {
    self.folder = folder
    self.settings = settings
    self.report = report
    record = RunRecord(recipe: WordsRecipe.name, seed: settings.seed)
    position = WordsCheckpoint.Position()
  }

  /// Writes the record of a run that begins.
  mutating func begin() throws {
    try writeRecord()
    guard mkdir(folder.checkpointFolder, 0o777) == 0 || errno == EEXIST else {
      throw RunError.unwritable(path: folder.checkpointFolder, reason: systemReason())
    }
    if settings.workers > 1 {
      report(
        .notice(
          "\(settings.workers) threads update the same vectors: another run with this seed will "
            + "differ a little; --deterministic trains with one thread"))
    }
  }

  private mutating func writeRecord() throws {
    record.status = .running
    record.failure = nil
    record.results = nil
    record.threads = settings.workers
    record.settings = try JSON(encoding: settings)
    record.versions = .current
    record.machine = .current
    record.progress.totalEpochs = settings.training.epochs
    try folder.write(&record)
  }

  // MARK: Text

  /// Reads the text, makes the vocabulary and the first vectors.
  mutating func read(_ parts: [TextFiles.Part]) throws {
    let clock = ContinuousClock()
    let began = clock.now
    let start = try WordsStart(settings)
    let corpus = try EncodedCorpus(creating: WordsCheckpoint.corpusFile(of: folder))
    var encoder = CorpusEncoder(into: corpus, limit: countingLimit)
    for part in parts {
      try encoder.read(part.open(), settings.text) { tokens in
        try Task.checkCancellation()
        report(.reading(tokens: tokens))
      }
      try Task.checkCancellation()
    }
    for _ in 0..<settings.phrasePasses {
      try Task.checkCancellation()
      try encoder.joinPhrases(
        threshold: settings.phraseThreshold, minimumCount: settings.training.minimumCount)
    }
    let most = SystemFiles.availableMemoryBytes.map { $0 / bytesNeeded(words: 1) } ?? .max
    let vocabulary: Vocabulary
    let facts: CorpusFacts
    do {
      (vocabulary, facts) = try encoder.vocabulary(
        minimumCount: settings.training.minimumCount, knowing: start?.vocabulary, most: most)
      try checkPairs(corpus)
    } catch let error as WordVectorError {
      throw error.said(of: parts.map(\.name))
    }
    try corpus.synchronize()
    position.facts = facts
    position.corpusCount = corpus.count
    position.corpusChecksum = try corpus.checksum()
    try checkMemory(words: vocabulary.count)
    let model = try WordModel(vocabulary, settings.training, seed: settings.seed)
    try start?.give(to: model)
    self.model = model
    self.corpus = corpus
    try checkSpace(words: vocabulary.count)
    report(
      .vocabulary(
        words: vocabulary.count, facts: facts, seconds: (clock.now - began) / .seconds(1)))
    tellFaults(of: facts)
  }

  private func tellFaults(of facts: CorpusFacts) {
    if facts.replacedCharacters > 0 {
      report(
        .notice(
          "faults of UTF-8 in the text that were replaced: \(facts.replacedCharacters.grouped)"))
    }
    if facts.longTokens > 0 {
      report(
        .notice("words of more than 1,000 bytes that were left out: \(facts.longTokens.grouped)"))
    }
    if facts.prunedWords > 0 {
      report(
        .notice(
          "there were more than \(countingLimit.grouped) different words: while counting, one of "
            + "the rarest was forgotten \(facts.prunedWords.grouped) times"))
    }
    if let least = facts.raisedMinimumCount {
      report(
        .notice(
          "there is no memory for the vectors of all words: those that come less than "
            + "\(least.grouped) times get none"))
    }
  }

  /// The most different words that are counted at a time; the table takes about 100 bytes for each.
  private var countingLimit: Int {
    let free = SystemFiles.availableMemoryBytes ?? .max
    return min(settings.training.vocabularyLimit, max(1000, free / 200))
  }

  /// Checks that some sentence has two words.
  private func checkPairs(_ corpus: EncodedCorpus) throws {
    var start = 0
    while start < corpus.count {
      let end = min(corpus.count, start + 1 << 16)
      let numbers = try corpus.numbers(start..<end)
      if zip(numbers, numbers.dropFirst()).contains(where: { $0 >= 0 && $1 >= 0 }) { return }
      start = end
    }
    throw WordVectorError(
      .noPairs,
      "expected sentences with two and more words of the vocabulary, all have one: nothing can be "
        + "learnt from them; --sentences blocks joins lines")
  }

  /// Rows of input and output, Adam's four where it is used, and the words with what finds them.
  private func bytesNeeded(words: Int) -> Int {
    let rows = settings.training.loss == .sampledSoftmax ? 6 : 2
    return words * ((settings.training.size + 16) * 4 * rows + 200)
  }

  private func checkMemory(words: Int) throws {
    let needed = bytesNeeded(words: words)
    guard let free = SystemFiles.availableMemoryBytes, needed > free else { return }
    throw RunError.setting(
      "vectors of \(words.grouped) words need about \(ByteCount(needed)) of memory, "
        + "\(ByteCount(free)) are free; give a larger --min-count or a smaller --size")
  }

  private func checkSpace(words: Int) throws {
    try folder.checkSpace(for: bytesNeeded(words: words) + 8_000_000)
  }

  // MARK: Going on

  /// Takes up a run where its checkpoint is.
  mutating func goOn(_ record: RunRecord) throws {
    self.record = record
    let (model, position) = try WordsCheckpoint.read(from: folder, settings)
    self.model = model
    self.position = position
    corpus = try EncodedCorpus(
      opening: WordsCheckpoint.corpusFile(of: folder), count: position.corpusCount,
      checksum: position.corpusChecksum)
    log = try MetricsLog(folder, through: position.segment)
    hasCheckpoint = true
    try writeRecord()
  }

  // MARK: Training

  /// Trains to the end, or until the task is cancelled.
  mutating func train() throws -> WordsOutcome {
    guard let model, let corpus else { preconditionFailure("a run trains after it has read") }
    let log = try log ?? MetricsLog(folder, through: position.segment)
    try log.begin()
    self.log = log
    let trainer = WordTrainer(
      model, on: corpus, seed: settings.seed, threads: settings.workers, from: position.segment,
      losses: position.losses)
    if !hasCheckpoint { try save(model, trainer) }
    let clock = ContinuousClock()
    while true {
      let (start, before) = (clock.now, position.seconds)
      var (epoch, failure): (Int, (any Error)?) = (trainer.progress.epochs, nil)
      func tell(_ progress: WordProgress) -> WordsProgress {
        position.seconds = before + (clock.now - start) / .seconds(1)
        return self.progress(progress)
      }
      try trainer.train { progress in
        let told = tell(progress)
        report(.step(told))
        do {
          try checkLoss(told)
          try append(told, to: log)
        } catch { failure = error }
        if progress.epochs > epoch, progress.epochs <= settings.training.epochs {
          epoch = progress.epochs
          report(.epoch(told))
        }
        return !Task.isCancelled && failure == nil
          && position.seconds - before < settings.checkpointSeconds
      }
      let told = tell(trainer.progress)
      if let failure { throw failure }
      try checkLoss(told)
      try append(told, to: log)
      if told.words.epochs > epoch { report(.epoch(told)) }
      let isDone = told.words.segments == told.words.totalSegments
      if !isDone { try save(model, trainer) }
      if isDone { return try finish(model, trainer, log) }
      if Task.isCancelled { return try interrupted(model, trainer) }
    }
  }

  private func checkLoss(_ progress: WordsProgress) throws {
    guard let loss = progress.words.loss, !loss.isFinite else { return }
    throw RunError.setting(
      "training diverged in epoch "
        + "\(min(progress.words.epochs + 1, progress.totalEpochs)), its loss is no number any more; "
        + "start anew with a smaller --learning-rate")
  }

  private func progress(_ words: WordProgress) -> WordsProgress {
    let tokens = Double(position.facts.tokens * settings.training.epochs)
    let seconds = max(position.seconds, 1e-9)
    let rate = tokens * words.fraction / seconds
    return WordsProgress(
      words: words, totalEpochs: settings.training.epochs, wordsPerSecond: rate,
      seconds: position.seconds,
      secondsLeft: words.fraction > 0 ? seconds * (1 / words.fraction - 1) : nil)
  }

  /// Writes a line about fifty times a run, and at its end.
  private func append(_ told: WordsProgress, to log: MetricsLog) throws {
    guard let loss = told.words.loss else { return }
    let last = log.lines.last?.step ?? 0
    let due = told.words.segments - last >= max(1, told.words.totalSegments / 50)
    let isEnd = told.words.segments == told.words.totalSegments && last < told.words.segments
    guard due || isEnd else { return }
    try log.append(
      MetricsLine(
        kind: .steps, epoch: told.words.fraction * Double(told.totalEpochs),
        step: told.words.segments, loss: loss, learningRate: told.words.learningRate,
        seconds: told.seconds, wordsPerSecond: told.wordsPerSecond))
  }

  /// Writes a checkpoint and the record.
  private mutating func save(_ model: WordModel, _ trainer: WordTrainer) throws {
    let progress = trainer.progress
    position.segment = progress.segments
    position.losses = trainer.losses
    try WordsCheckpoint.write(model, position, settings, to: folder)
    hasCheckpoint = true
    note(progress)
    try folder.write(&record)
  }

  private mutating func note(_ progress: WordProgress) {
    record.progress = .init(
      epochs: progress.epochs, totalEpochs: settings.training.epochs, steps: progress.segments)
    record.timings.training = position.seconds
  }

  private mutating func interrupted(
    _ model: WordModel, _ trainer: WordTrainer
  ) throws -> WordsOutcome {
    record.status = .interrupted
    record.results = results(model, trainer)
    try folder.write(&record)
    return outcome(model, trainer)
  }

  /// Writes everything that people use, and removes what only a resume needs.
  private mutating func finish(
    _ model: WordModel, _ trainer: WordTrainer, _ log: MetricsLog
  ) throws -> WordsOutcome {
    note(trainer.progress)
    try WordModelFile.write(
      model, isWhole: false, metadata: ["recipe": WordsRecipe.name], to: folder.weightsFile)
    record.status = .finished
    record.results = results(model, trainer)
    let notice = try WordsReport(
      folder: folder, record: record, settings: settings, lines: log.lines, model: model,
      facts: position.facts
    ).write()
    if let notice { report(.notice(notice)) }
    try folder.write(&record)
    try? FileManager.default.removeItem(atPath: folder.checkpointFolder)
    return outcome(model, trainer)
  }

  private func results(_ model: WordModel, _ trainer: WordTrainer) -> JSON {
    let progress = trainer.progress
    return .object([
      "vocabulary": .integer(model.vocabulary.count), "words": .integer(position.facts.tokens),
      "epochsDone": .number(progress.fraction * Double(settings.training.epochs)),
      "loss": progress.loss.map { .number($0) } ?? .null,
    ])
  }

  private func outcome(_ model: WordModel, _ trainer: WordTrainer) -> WordsOutcome {
    WordsOutcome(
      folder: folder, record: record, vocabulary: model.vocabulary.count, facts: position.facts,
      loss: trainer.progress.loss)
  }

  /// Says in the record why the run failed, where there still is one and the disk takes it.
  mutating func fail(with error: any Error) {
    guard hasCheckpoint else { return }
    record.status = error is CancellationError ? .interrupted : .failed
    record.failure = "\(error)"
    try? folder.write(&record)
  }
}

extension WordVectorError {
  /// The same with the names of the files that it is about.
  fileprivate func said(of files: [String]) -> WordVectorError {
    let names = files.prefix(3).joined(separator: ", ")
    let rest = files.count > 3 ? " and \(files.count - 3) more" : ""
    return WordVectorError(reason, "\(names)\(rest): \(description)")
  }
}
