import ApusFormats
import Glibc

/// The folder of a run: everything a training wrote, and all that is needed to go on or to use it.
///
/// `run.json` says what the run is, `metrics.jsonl` how it went, `weights.safetensors` what it learnt;
/// `checkpoint/` is for resuming, `pictures/` and `report.html` are for people.
public struct RunFolder: Sendable, Hashable {
  /// Where new runs are numbered, relative to the current folder.
  public static let home = "runs"

  /// The path as it was given.
  public let path: String

  public var recordFile: String { path + "/run.json" }
  public var metricsFile: String { path + "/metrics.jsonl" }
  public var weightsFile: String { path + "/weights.safetensors" }
  public var checkpointFolder: String { path + "/checkpoint" }
  public var picturesFolder: String { path + "/pictures" }
  public var reportFile: String { path + "/report.html" }

  /// The last part of the path.
  public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// Whether training came to its end, so that there are weights.
  public var hasWeights: Bool { access(weightsFile, F_OK) == 0 }

  /// Makes the folder of a new run and says which folders were made for it, outermost first; `home` is not among them.
  ///
  /// - Parameters:
  ///   - output: the folder itself, which must not exist yet or be empty but for what a killed run left; nil for the next free number in `home`.
  ///   - home: where runs are numbered.
  /// - Throws: ``RunError/occupied(path:)`` or ``RunError/unwritable(path:reason:)``.
  public static func make(
    recipe: String, output: String?, home: String = RunFolder.home
  ) throws(RunError) -> (folder: RunFolder, made: [String]) {
    if let output = output.map(withoutSlashes) {
      guard !output.isEmpty else {
        throw .setting("--output: expected the path of a folder, got an empty text")
      }
      let made = try makeFolders(to: output)
      do throws(RunError) {
        let folder = RunFolder(path: output)
        guard try entries(of: output).allSatisfy(AtomicFile.isLeftover) else {
          throw .occupied(path: output, isRun: access(folder.recordFile, F_OK) == 0)
        }
        try folder.checkWritable()
        AtomicFile.removeLeftovers(in: output)
        return (folder, made)
      } catch {
        remove(made)
        throw error
      }
    }
    _ = try makeFolders(to: home)
    let taken = try entries(of: home).compactMap { runNumber(in: $0, recipe: recipe) }
    var number = (taken.max() ?? 0) + 1
    while true {
      let folder = RunFolder(path: "\(home)/\(recipe)-\(number)")
      // `mkdir` succeeds for one process only, so two that start together get two numbers.
      if mkdir(folder.path, 0o777) == 0 { return (folder, [folder.path]) }
      guard errno == EEXIST else {
        throw .unwritable(path: folder.path, reason: systemReason())
      }
      number += 1
    }
  }

  /// The run that a person named: a path, or the name of a folder in `home`.
  ///
  /// - Throws: ``RunError/missing(path:)`` or ``RunError/noRun(path:)``.
  public static func find(
    _ name: String, home: String = RunFolder.home
  ) throws(RunError) -> RunFolder {
    let trimmed = withoutSlashes(name)
    let candidates = trimmed.contains("/") ? [trimmed] : [trimmed, "\(home)/\(trimmed)"]
    let folders = candidates.filter(isFolder)
    guard let first = folders.first else {
      throw access(trimmed, F_OK) == 0 ? .file(path: name) : .missing(path: name)
    }
    // A folder that cannot be looked into may be a run: reading it says what forbids it.
    let runs = folders.map(RunFolder.init(path:)).filter { run in
      access(run.recordFile, F_OK) == 0 || errno == EACCES
    }
    guard let run = runs.first else { throw .noRun(path: first) }
    return run
  }

  package init(path: String) { self.path = path }

  // MARK: Checks

  /// Checks that there is room for `byteCount` bytes more.
  func checkSpace(for byteCount: Int) throws(RunError) {
    guard let free = freeDiskBytes(at: path), free < byteCount else { return }
    throw .noSpace(path: path, needed: byteCount, free: free)
  }

  private func checkWritable() throws(RunError) {
    guard access(path, W_OK | X_OK) == 0 else {
      throw .unwritable(path: path, reason: systemReason())
    }
  }

  // MARK: Folders

  /// Makes the folders of a path that are not there and says which, outermost first; none stays where one cannot be.
  private static func makeFolders(to path: String) throws(RunError) -> [String] {
    var made: [String] = []
    var folder = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      folder += part
      if mkdir(folder, 0o777) == 0 {
        made.append(folder)
      } else if errno != EEXIST || !isFolder(folder) {
        let reason = errno == EEXIST ? "it is a file, expected a folder" : systemReason()
        remove(made)
        throw .unwritable(path: folder, reason: reason)
      }
      folder += "/"
    }
    return made
  }

  /// Removes folders, the last first, as far as they are empty.
  static func remove(_ folders: [String]) {
    for folder in folders.reversed() { rmdir(folder) }
  }

  package static func entries(of path: String) throws(RunError) -> [String] {
    guard let folder = opendir(path) else {
      throw .unwritable(path: path, reason: systemReason())
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func withoutSlashes(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  /// The number that Apus gave a folder; nil where the name is somebody's own.
  private static func runNumber(in name: String, recipe: String) -> Int? {
    guard name.hasPrefix(recipe + "-"), let number = Int32(name.dropFirst(recipe.count + 1)),
      number > 0
    else { return nil }
    return Int(number)
  }
}

/// The system's words for what just failed.
func systemReason() -> String { String(cString: strerror(errno)).lowercased() }

/// The bytes that an ordinary user may still write on the disk of `path`.
func freeDiskBytes(at path: String) -> Int? {
  var status = statvfs()
  guard statvfs(path, &status) == 0 else { return nil }
  return Int(
    clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
      .partialValue)
}
