import ApusFormats
import ApusTraining
import FoundationEssentials

/// What a checkpoint and the run that goes on from it must agree on: settings and the number of images, as the
/// line of JSON that a checkpoint keeps.
enum SettingsDigest {
  /// Says which setting of a run is another than its checkpoint's.
  ///
  /// A checkpoint of another seed is of another run; that the trainer says.
  ///
  /// - Parameters:
  ///   - digest: that of the run.
  ///   - data: the folder with the images.
  /// - Throws: ``RunError`` where one differs.
  static func check(
    _ digest: String, seed: UInt64, against checkpoint: Checkpoint, of folder: RunFolder,
    data: String
  ) throws(RunError) {
    guard checkpoint.seed == seed, let own = members(of: digest),
      let kept = members(of: checkpoint.settingsDigest)
    else { return }
    for key in Set(own.keys).union(kept.keys).sorted() where own[key] != kept[key] {
      let (mine, its) = (own[key]?.line.excerpt ?? "none", kept[key]?.line.excerpt ?? "none")
      guard key != "images" else {
        throw .setting(
          "\(data): expected \(its) training images, as when the run was begun, found \(mine)")
      }
      throw .damaged(
        file: folder.recordFile,
        reason: "its setting \(key.excerpt) is \(mine), that of its checkpoint \(its)")
    }
  }

  private static func members(of digest: String) -> [String: JSON]? {
    let json = try? JSONDecoder().decode(JSON.self, from: Data(digest.utf8))
    guard case .object(let members) = json else { return nil }
    return members
  }
}
