import ApusDatasets
import ApusFormats
import ApusTraining
import FoundationEssentials

/// What a checkpoint and the run that goes on from it must agree on: settings and, where there are images, their
/// number and checksum, as the line of JSON that a checkpoint keeps.
enum SettingsDigest {
  /// Everything but the settings that a resume may change.
  ///
  /// The folder of the data may have moved, but it holds the same training images.
  ///
  /// - Parameter kept: that of the checkpoint; those of earlier versions have no checksum.
  static func of(
    _ settings: some Encodable, without keys: Set<String>, _ data: ImageClassificationData,
    beside kept: String?
  ) throws -> String {
    guard case .object(var members) = try JSON(encoding: settings) else { return "" }
    for key in keys.union(["data"]) { members[key] = nil }
    members["images"] = .integer(data.count)
    if kept.map({ json($0)?[checksumKey] != nil }) ?? true {
      members[checksumKey] = .integer(Int(data.checksum))
    }
    return JSON.object(members).line
  }

  private static let checksumKey = "imagesChecksum"

  /// Says which setting of a run is another than its checkpoint's.
  ///
  /// A checkpoint of another seed is of another run; that the trainer says.
  ///
  /// - Parameters:
  ///   - digest: that of the run, made beside the checkpoint's.
  ///   - data: the folder with the images.
  /// - Throws: ``RunError`` where one differs.
  static func check(
    _ digest: String, seed: UInt64, against checkpoint: Checkpoint, of folder: RunFolder,
    data: String
  ) throws(RunError) {
    guard checkpoint.seed == seed,
      let difference = difference(digest, checkpoint.settingsDigest)
    else { return }
    switch difference.key {
    case "images":
      throw .setting(
        "\(data): expected \(difference.kept) training images, as when the run was begun, "
          + "found \(difference.own)")
    case checksumKey:
      throw .setting(
        "\(data): expected the training images and labels that the run was begun with, found others"
      )
    default: throw difference.fault(of: folder)
    }
  }

  /// The first setting that two digests say differently, by name; nil where there is none.
  static func difference(_ own: String, _ kept: String) -> Difference? {
    guard let own = json(own), let kept = json(kept) else { return nil }
    return difference(own, kept, "")
  }

  private static func difference(_ own: JSON?, _ kept: JSON?, _ path: String) -> Difference? {
    guard own != kept else { return nil }
    guard case .object(let mine) = own, case .object(let its) = kept else {
      return Difference(
        key: path.excerpt, own: own?.line.excerpt ?? "none", kept: kept?.line.excerpt ?? "none")
    }
    for key in Set(mine.keys).union(its.keys).sorted() {
      let place = path.isEmpty ? key : path + "." + key
      if let found = difference(mine[key], its[key], place) { return found }
    }
    return nil
  }

  private static func json(_ digest: String) -> JSON? {
    let json = try? JSONDecoder().decode(JSON.self, from: Data(digest.utf8))
    guard case .object = json else { return nil }
    return json
  }

  /// A setting of a run that is another than its checkpoint's.
  struct Difference {
    let key, own, kept: String

    func fault(of folder: RunFolder) -> RunError {
      .damaged(
        file: folder.recordFile,
        reason: "its setting \(key) is \(own), that of its checkpoint \(kept)")
    }
  }
}
