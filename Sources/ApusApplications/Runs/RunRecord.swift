import ApusEngine
import ApusFormats
import FoundationEssentials

/// What `run.json` says of a run: its settings, where it was trained, how far it came.
///
/// The file carries a format number. A version of Apus reads every format up to its own
/// ``format`` and refuses newer ones by name.
public struct RunRecord: Sendable, Hashable, Codable {
  /// The newest format this version reads, and the one it writes.
  public static let format = 1

  public var format = RunRecord.format
  /// The recipe that made the run, such as `fashion`.
  public var recipe: String
  public var status: Status
  /// When the run was begun, UTC.
  public var created: Date
  /// When the record was last written, UTC.
  public var updated: Date
  public var seed: UInt64
  public var threads: Int
  /// What products were computed in, which is not what was asked for where the processor cannot; nil in older
  /// records.
  public var precision: Precision?
  /// What the recipe was told, each recipe with its own keys.
  public var settings: JSON
  public var versions: Versions
  public var machine: MachineDescription
  public var progress: Progress
  public var timings: Timings
  /// What the recipe measured of what is trained, each recipe with its own keys.
  ///
  /// A finished run that is trained further keeps it until its weights are replaced.
  public var results: JSON?
  /// The sentence a failed run ended with.
  public var failure: String?

  /// The record of a run that is about to be trained here.
  init(recipe: String, seed: UInt64) {
    let now = Date.thisSecond
    self.recipe = recipe
    self.seed = seed
    status = .running
    created = now
    updated = now
    threads = 0
    settings = [:]
    versions = .current
    machine = .current
    progress = Progress(epochs: 0, totalEpochs: 0, steps: 0)
    timings = Timings()
  }

  public enum Status: String, Sendable, Hashable, Codable {
    /// Is being trained, or was killed while it was.
    case running
    /// Was stopped and can be resumed.
    case interrupted
    case failed, finished
  }

  /// The programs a run was made with.
  public struct Versions: Sendable, Hashable, Codable {
    public var apus: String
    public var oneDNN: String

    /// Those running now.
    public static var current: Versions {
      Versions(apus: apusVersion, oneDNN: Machine.oneDNNVersion)
    }
  }

  /// How much of the work is done.
  public struct Progress: Sendable, Hashable, Codable {
    public var epochs: Int
    public var totalEpochs: Int
    public var steps: Int
    /// Of a recipe that counts in steps: how many there are; nil in all others.
    public var totalSteps: Int?

    public init(epochs: Int, totalEpochs: Int, steps: Int, totalSteps: Int? = nil) {
      self.epochs = epochs
      self.totalEpochs = totalEpochs
      self.steps = steps
      self.totalSteps = totalSteps
    }
  }

  /// Seconds spent, over all sessions of the run.
  public struct Timings: Sendable, Hashable, Codable {
    public var training = 0.0
    public var evaluation = 0.0
  }
}

extension RunRecord {
  /// The record in the text of `run.json`.
  ///
  /// - Throws: ``RunError`` where it is no JSON, no record, or of a newer format.
  package init(json: [UInt8], file: String) throws(RunError) {
    let text: JSONValue
    do {
      text = try JSONReader.read(json, file: file)  // names the byte where it is no JSON
    } catch {
      throw .unreadable(error)
    }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    do {
      let format = try decoder.decode(FormatNumber.self, from: Data(json)).format
      guard format >= 1 else {
        throw RunError.damaged(file: file, reason: "expected format 1, found \(format)")
      }
      guard format <= RunRecord.format else {
        throw RunError.newerFormat(file: file, format: format)
      }
      try RecordNumbers.check(text, file: file)
      self = try decoder.decode(RunRecord.self, from: Data(json))
    } catch let error as RunError {
      throw error
    } catch let error as DecodingError {
      throw .damaged(file: file, reason: "is not the record of a run: " + error.sentence)
    } catch {
      throw .damaged(file: file, reason: "is not the record of a run: \(error)")
    }
  }

  /// The text of `run.json`.
  package func json() throws -> [UInt8] {
    let encoder = JSONEncoder.apus
    encoder.outputFormatting.insert(.prettyPrinted)
    encoder.dateEncodingStrategy = .iso8601
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  private struct FormatNumber: Decodable {
    let format: Int
  }
}

extension Date {
  /// Now, without the fraction of a second that the record's text does not keep.
  static var thisSecond: Date {
    Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
  }
}

extension DecodingError {
  /// What was expected where, in a few words.
  var sentence: String {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "at \(context.place): \(context.debugDescription)"
    case .keyNotFound(let key, let context):
      "expected the key \(key.stringValue) at \(context.place), found none"
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      // Foundation says "not valid JSON" of numbers; the text is known to be JSON.
      "expected numbers and dates as the keys take them, found one that is too large, too small, broken "
        + "or no date"
    case .dataCorrupted(let context):
      "at \(context.place): \(context.debugDescription)"
    @unknown default: "\(self)"
    }
  }
}

extension DecodingError.Context {
  fileprivate var place: String {
    codingPath.isEmpty ? "the top" : codingPath.map(\.stringValue).joined(separator: ".")
  }
}
