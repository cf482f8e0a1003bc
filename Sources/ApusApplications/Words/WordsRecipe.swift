import ApusDatasets
import ApusFormats
import ApusNumerics
import ApusWordVectors
import FoundationEssentials
import Glibc

/// Word vectors learnt from running text: skip-gram and CBOW.
public enum WordsRecipe {
  /// The name of the recipe in commands, folders and records.
  public static let name = "words"

  /// Trains a new run; a cancelled task ends the pieces it has begun, saves and returns.
  ///
  /// - Parameters:
  ///   - output: the folder of the run, empty or new; nil for the next number under `runs/`.
  ///   - report: called with everything that happens.
  ///   - begun: called with the folder once it is made.
  public static func train(
    _ settings: WordsSettings, output: String? = nil,
    reportingTo report: @escaping @Sendable (WordsEvent) -> Void = { _ in },
    begun: @escaping @Sendable (RunFolder) -> Void = { _ in }
  ) async throws -> WordsOutcome {
    try settings.check()
    let parts = try TextFiles.parts(of: settings.corpus)
    for case .file(let path) in parts { _ = try CompressedFile.open(path) }
    let (folder, made) = try RunFolder.make(recipe: name, output: output)
    let lock = try RunLock(folder, made: made)
    defer { withExtendedLifetime(lock) {} }
    var run = WordsRun(folder, settings, report)
    do {
      begun(folder)
      try run.begin()
      try run.read(parts)
      return try run.train()
    } catch {
      if !run.hasCheckpoint { folder.discard(with: made) }
      run.fail(with: error)
      throw error
    }
  }

  /// Goes on with a run that was interrupted or killed.
  ///
  /// - Parameter threads: another number of threads; nil for the run's own.
  public static func resume(
    _ folder: RunFolder, threads: Int? = nil,
    reportingTo report: @escaping @Sendable (WordsEvent) -> Void = { _ in },
    begun: @escaping @Sendable (RunFolder) -> Void = { _ in }
  ) async throws -> WordsOutcome {
    let lock = try RunLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let record = try folder.record(of: name)
    guard record.status != .finished else {
      throw RunError.setting(
        "\(folder.path): is finished after \(record.progress.epochs.counted("epoch"))")
    }
    var settings = try WordsSettings(in: record, of: folder)
    settings.threads = threads ?? settings.threads
    try settings.check()
    AtomicFile.removeLeftovers(in: folder.path)
    AtomicFile.removeLeftovers(in: folder.checkpointFolder)
    var run = WordsRun(folder, settings, report)
    do {
      begun(folder)
      try run.goOn(record)
      return try run.train()
    } catch {
      run.fail(with: error)
      throw error
    }
  }

  /// The vectors of a finished run.
  ///
  /// - Throws: ``RunError`` where it is another recipe's or is not finished; `FormatError`.
  public static func vectors(of folder: RunFolder) throws -> WordVectors {
    try modelFile(of: folder).wordVectors
  }

  /// Makes a finished run of vectors in a file, so that every verb works on them.
  ///
  /// - Parameter begun: called once the folder is made, with what removes it again.
  /// - Returns: with them how many were left out because their words had come before.
  public static func importRun(
    _ path: String, _ format: WordVectorFormat, output: String? = nil,
    begun: (_ discard: @escaping @Sendable () -> Void) -> Void = { _ in }
  ) throws -> (folder: RunFolder, vectors: WordVectors, repetitions: Int) {
    guard access(path, R_OK) == 0 else { throw FormatError(path, cannot: "read", code: errno) }
    let (folder, made) = try RunFolder.make(recipe: name, output: output)
    let lock = try RunLock(folder, made: made)
    defer { withExtendedLifetime(lock) {} }
    begun { folder.discard(with: made) }
    do {
      let all = try format.read(path)
      let vectors = try all.withoutRepetitions
      var record = RunRecord(recipe: name, seed: 0)
      record.status = .finished
      record.settings = .object(["importedFrom": .string(path)])
      record.results = .object([
        "vocabulary": .integer(vectors.words.count), "size": .integer(vectors.size),
      ])
      try WordModelFile(words: vectors.words, vectors: vectors.vectors, counts: vectors.counts)
        .write(to: folder.weightsFile)
      try folder.write(&record)
      return (folder, vectors, all.words.count - vectors.words.count)
    } catch {
      folder.discard(with: made)
      throw error
    }
  }
}

/// What became of a training of word vectors.
public struct WordsOutcome: Sendable {
  public let folder: RunFolder
  /// What `run.json` says now.
  public let record: RunRecord
  public let vocabulary: Int
  public let facts: CorpusFacts
  /// The mean loss of the last epoch's pairs, in nats.
  public let loss: Double?

  public var isFinished: Bool { record.status == .finished }

  /// Tokens of the text before pruning, times the epochs done, for each second of training.
  public var wordsPerSecond: Double {
    let seconds = record.timings.training
    return seconds > 0 ? Double(facts.tokens) * epochs / seconds : 0
  }

  private var epochs: Double { record.results?["epochsDone"]?.double ?? 0 }

  /// The outcome as `apus train words --json` prints it.
  public var json: JSON {
    .object([
      "run": .string(folder.path), "recipe": .string(record.recipe),
      "status": .string(record.status.rawValue), "epochs": .integer(record.progress.epochs),
      "vocabulary": .integer(vocabulary), "words": .integer(facts.tokens),
      "sentences": .integer(facts.sentences),
      "replacedCharacters": .integer(facts.replacedCharacters),
      "longWords": .integer(facts.longTokens), "prunedWords": .integer(facts.prunedWords),
      "phrases": .integer(facts.phrases),
      "wordsPerSecond": .number(wordsPerSecond), "seconds": .number(record.timings.training),
      "threads": .integer(record.threads), "loss": loss.map { .number($0) } ?? .null,
      "peakMemoryBytes": .integer(SystemFiles.peakMemoryBytes),
    ])
  }
}
