import ApusApplications
import ApusFormats
import Foundation

extension RunFolder {
  /// The files that a refused resume leaves as they are.
  var written: [Data?] {
    [recordFile, metricsFile, weightsFile].map { FileManager.default.contents(atPath: $0) }
  }

  /// Makes the run one that was interrupted, with another run's last checkpoint in place of its own.
  ///
  /// - Returns: what is ``written`` then.
  func interrupted(withCheckpointOf other: RunFolder) throws -> [Data?] {
    var record = try record()
    record.status = .interrupted
    try AtomicFile.write(record.json(), to: recordFile)
    let file = "/last.safetensors"
    try FileManager.default.removeItem(atPath: checkpointFolder + file)
    try FileManager.default.copyItem(
      atPath: other.checkpointFolder + file, toPath: checkpointFolder + file)
    return written
  }
}
