import ApusDatasets
import ApusEngine
import ApusWordVectors
import FoundationEssentials

/// What a run of the recipe `words` is told.
public struct WordsSettings: Sendable, Hashable {
  /// Files and folders with text, `-` for standard input.
  public var corpus: [String] = []
  public var text = TextOptions()
  public var training = WordTrainingSettings()
  /// The run whose words and vectors training starts from; nil for random ones.
  public var start: String?
  /// How often pairs of words that come together are joined; each pass can double a phrase's length.
  public var phrasePasses = 0
  /// Pairs with a higher score are joined.
  public var phraseThreshold = 100.0
  /// Whether one thread trains, so that a seed gives the same bits each time.
  public var isDeterministic = false
  public var threads = min(Machine.coreCount, 512)
  /// Gives the first vectors and all that is drawn.
  public var seed: UInt64 = 0
  /// Seconds between checkpoints.
  public var checkpointSeconds = 60.0

  public init() {}

  /// Checks each setting.
  ///
  /// - Throws: ``RunError/setting(_:)`` or `WordVectorError`.
  public func check() throws {
    guard !corpus.isEmpty else {
      throw RunError.setting("<corpus>: expected files or folders with text, got none")
    }
    guard 1...512 ~= threads else {
      throw RunError.setting("--threads: expected 1 to 512, got \(threads)")
    }
    guard checkpointSeconds >= 0.01, checkpointSeconds.isFinite else {
      throw RunError.setting(
        "--checkpoint-every: expected at least 0.01 seconds, got \(checkpointSeconds)")
    }
    guard 0...8 ~= phrasePasses else {
      throw RunError.setting("--phrases: expected 0 to 8, got \(phrasePasses)")
    }
    guard phraseThreshold > 0, phraseThreshold.isFinite else {
      throw RunError.setting("--phrase-threshold: expected above 0, got \(phraseThreshold)")
    }
    try training.check()
  }

  /// Threads that train.
  var workers: Int { isDeterministic ? 1 : threads }
}

/// Seed and threads are in the record itself, where every recipe has them.
extension WordsSettings: Codable {
  private enum CodingKeys: String, CodingKey {
    case corpus, text, training, start, phrasePasses, phraseThreshold, isDeterministic
    case checkpointSeconds
  }

  /// What a checkpoint must agree on to be gone on from: everything that changes what is learnt.
  func digest() throws -> String {
    guard case .object(var members) = try JSON(encoding: self) else { return "" }
    members["checkpointSeconds"] = nil
    members["seed"] = .string("\(seed)")
    return JSON.object(members).line
  }

  /// The settings in a run's record.
  ///
  /// - Throws: ``RunError/damaged(file:reason:)`` where one is missing or makes no sense.
  init(in record: RunRecord, of folder: RunFolder) throws(RunError) {
    do {
      self = try record.settings.decoded(as: WordsSettings.self)
      seed = record.seed
      threads = record.threads
      try check()
    } catch let error as DecodingError {
      throw .damaged(file: folder.recordFile, reason: "its settings are wrong: " + error.sentence)
    } catch {
      throw .damaged(file: folder.recordFile, reason: "its settings are wrong: \(error)")
    }
  }
}
