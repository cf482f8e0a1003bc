import ApusFormats
import ApusTensors

/// The text beside the tensors of a checkpoint file.
///
/// Numbers are written in full, so they come back as the same bits. `checksum` is the CRC-32 of all other
/// entries in the order of their keys and of names, types and bytes of the tensors.
///
/// A reader takes its own format and all before it; a change that older readers would misread counts the
/// format up.
enum CheckpointMetadata {
  /// The newest format that is written and read.
  static let format = 1

  private static let notePrefix = "note."

  static func encoded(_ checkpoint: Checkpoint) -> [String: String] {
    var entries: [String: String] = [
      "format": "\(format)",
      "step": "\(checkpoint.step)",
      "epoch": "\(checkpoint.epoch)",
      "stepInEpoch": "\(checkpoint.stepInEpoch)",
      "seed": "\(checkpoint.seed)",
      "settings": checkpoint.settingsDigest,
      "examples": "\(checkpoint.means.count)",
      "metrics": checkpoint.means.names.joined(separator: " "),
      "sums": checkpoint.means.sums.map { "\($0)" }.joined(separator: " "),
      "best": "\(checkpoint.earlyStopping.best)",
      "epochsWithoutImprovement": "\(checkpoint.earlyStopping.epochsWithoutImprovement)",
    ]
    for (key, value) in checkpoint.note { entries[notePrefix + key] = value }
    entries["checksum"] = "\(checksum(of: entries, checkpoint.tensors))"
    return entries
  }

  /// The checkpoint that was encoded.
  static func decoded(
    _ entries: [String: String], _ tensors: [(name: String, tensor: Tensor)], path: String
  ) throws(CheckpointError) -> Checkpoint {
    let reader = Reader(entries: entries, path: path)
    let format = try reader.number("format", as: Int.self)
    guard format >= 1 else {
      throw .damaged(path: path, reason: "expected format 1, found \(format)")
    }
    guard format <= Self.format else {
      throw .newerFormat(path: path, format: format, readable: Self.format)
    }
    let sum = checksum(of: entries.filter { $0.key != "checksum" }, tensors)
    guard try reader.number("checksum", as: UInt32.self) == sum else {
      throw .damaged(path: path, reason: "its checksum differs from that of what it holds")
    }
    let names = try reader.text("metrics").split(separator: " ").map(String.init)
    let sums = try reader.text("sums").split(separator: " ").compactMap { Double($0) }
    guard sums.count == names.count + 1 else {
      throw .damaged(path: path, reason: "\(sums.count) sums for \(names.count) metrics")
    }
    guard sums[0].isFinite else {
      throw .damaged(path: path, reason: "expected a finite sum of losses, found \(sums[0])")
    }
    let early = EarlyStopping.State(
      best: try reader.number("best", as: Double.self),
      epochsWithoutImprovement: try reader.count("epochsWithoutImprovement"))
    let note = entries.filter { $0.key.hasPrefix(notePrefix) }.map {
      (String($0.key.dropFirst(notePrefix.count)), $0.value)
    }
    return Checkpoint(
      step: try reader.count("step"), epoch: try reader.count("epoch"),
      stepInEpoch: try reader.count("stepInEpoch"),
      seed: try reader.number("seed", as: UInt64.self),
      settingsDigest: try reader.text("settings"),
      means: RunningMeans(
        names: names, count: try reader.count("examples"), sums: sums),
      earlyStopping: early, note: Dictionary(uniqueKeysWithValues: note), tensors: tensors)
  }

  private static func checksum(
    of entries: [String: String], _ tensors: [(name: String, tensor: Tensor)]
  ) -> UInt32 {
    var checksum = Checksum()
    checksum.add(entries)
    checksum.add(tensors)
    return checksum.value
  }

  /// Entries that must be there, as what they must be.
  private struct Reader {
    let entries: [String: String]
    let path: String

    func text(_ key: String) throws(CheckpointError) -> String {
      guard let value = entries[key] else {
        throw .damaged(path: path, reason: "it does not say \(key)")
      }
      return value
    }

    /// A number of things, small enough that sums and products with others do not overflow.
    func count(_ key: String) throws(CheckpointError) -> Int {
      let count = try number(key, as: Int.self)
      guard 0..<1 << 53 ~= count else {
        throw .damaged(path: path, reason: "\(key) is \(count), expected 0 to 2^53 - 1")
      }
      return count
    }

    func number<Number: LosslessStringConvertible>(
      _ key: String, as _: Number.Type
    ) throws(CheckpointError) -> Number {
      let text = try text(key)
      guard let number = Number(text) else {
        throw .damaged(path: path, reason: "\(key) is \(text), not a number")
      }
      return number
    }
  }
}
