import ApusFormats
import FoundationEssentials
import Glibc

extension RunFolder {
  /// The most bytes a `run.json` may have.
  private static let recordLimit = 1 << 24

  /// What `run.json` says.
  ///
  /// - Throws: ``RunError`` where the file is missing, damaged or of a newer format.
  public func record() throws(RunError) -> RunRecord {
    try RunRecord(
      json: RunFolder.bytes(of: recordFile, limit: RunFolder.recordLimit), file: recordFile)
  }

  /// What `run.json` says of a run that must be of the recipe `recipe`.
  public func record(of recipe: String) throws(RunError) -> RunRecord {
    let record = try record()
    guard record.recipe == recipe else {
      throw .otherRecipe(path: path, expected: recipe, actual: record.recipe)
    }
    return record
  }

  /// Writes `run.json` with the time of writing; the one before stays until the new one is whole.
  func write(_ record: inout RunRecord) throws {
    record.updated = .thisSecond
    try AtomicFile.write(try record.json(), to: recordFile)
  }

  /// Says in the record why the run failed, where the disk still takes it.
  ///
  /// - Parameter before: the record before the resume, where no checkpoint came since: a finished run keeps it,
  ///   for its weights and results are still those.
  func fail(_ record: RunRecord, with error: any Error, before: RunRecord?) {
    var record = record
    if let before, before.status == .finished {
      record = before
    } else {
      record.status = .failed
      record.failure = "\(error)"
    }
    try? write(&record)
  }

  /// Writes a picture into `pictures/`, a PNG unless the type says otherwise.
  func writePicture(_ bytes: [UInt8], named name: String, type: String = "png") throws {
    if mkdir(picturesFolder, 0o777) != 0, errno != EEXIST {
      throw RunError.unwritable(path: picturesFolder, reason: systemReason())
    }
    try AtomicFile.write(bytes, to: "\(picturesFolder)/\(name).\(type)")
  }

  /// Writes `report.html`.
  func writeReport(_ report: Report) throws {
    try AtomicFile.write(report.html, to: reportFile)
  }

  /// Removes what a run wrote, and the folders that were made for it.
  func discard(with made: [String]) {
    let files = [
      recordFile, metricsFile, weightsFile, reportFile, checkpointFolder, picturesFolder,
    ]
    for file in files { try? FileManager.default.removeItem(atPath: file) }
    AtomicFile.removeLeftovers(in: path)
    RunFolder.remove(made)
  }

  /// The bytes of a file of the run, at most `limit`.
  package static func bytes(of file: String, limit: Int) throws(RunError) -> [UInt8] {
    // Without waiting, for a pipe of that name may have no writer.
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw .damaged(file: file, reason: "cannot be read: " + systemReason())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .damaged(file: file, reason: "expected a file, found something else")
    }
    guard status.st_size <= limit else {
      throw .damaged(
        file: file,
        reason: "expected at most \(limit) bytes, found \(status.st_size)")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else {
        throw .damaged(file: file, reason: "cannot be read: " + systemReason())
      }
      guard got > 0 else { break }
      filled += got
    }
    return Array(bytes.prefix(filled))
  }
}
