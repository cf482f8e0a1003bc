import ApusFormats
import ApusTensors
import Glibc

/// The two newest checkpoints of a run: `last.safetensors` and `previous.safetensors`.
///
/// A new one is written whole to a third file and flushed to the disk; then the last gets the name of the
/// previous by a second link, and the new one takes its own. At every moment `last` is a whole file, and
/// where the disk loses it `previous` is another. A run that goes on from `previous` first moves the damaged
/// file aside (``setAsideLast()``), so that the next save does not give it the name of the good one.
public struct CheckpointFolder: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  public var lastPath: String { path + "/last.safetensors" }
  public var previousPath: String { path + "/previous.safetensors" }
  /// The name of a last checkpoint that could not be read.
  package var damagedPath: String { path + "/damaged.safetensors" }

  /// Makes `checkpoint` the last one and keeps the one before.
  public func save(_ checkpoint: Checkpoint) throws(CheckpointError) {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw cannotWrite(path)
    }
    let next = path + "/next.safetensors"
    do {
      try Safetensors.write(
        checkpoint.tensors, metadata: CheckpointMetadata.encoded(checkpoint), to: next)
    } catch {
      throw .cannotWrite(path: lastPath, reason: "\(error)")
    }
    try keepLast()
    guard rename(next, lastPath) == 0 else { throw cannotWrite(lastPath) }
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw cannotWrite(path) }
    defer { close(folder) }
    guard fsync(folder) == 0 || errno == EINVAL else { throw cannotWrite(path) }
  }

  /// The last checkpoint, or the previous one where the last is damaged, with a sentence that says so.
  ///
  /// - Throws: ``CheckpointError`` where neither is whole, or the last is of a later format or may not be read.
  public func load() throws(CheckpointError) -> (
    checkpoint: Checkpoint, path: String, notice: String?
  ) {
    let fault: CheckpointError
    do {
      return (try read(lastPath), lastPath, nil)
    } catch {
      guard !error.isOfAWholeFile else { throw error }
      fault = error
    }
    guard access(previousPath, F_OK) == 0 else {
      if case .missing = fault { throw .missing(folder: path) }
      throw fault
    }
    do {
      let checkpoint = try read(previousPath)
      let notice = "\(fault); going on from \(previousPath) (step \(checkpoint.step))"
      return (checkpoint, previousPath, notice)
    } catch {
      guard !error.isOfAWholeFile else { throw error }
      guard case .damaged(let path, let reason) = fault else { throw error }
      throw .damaged(path: path, reason: "\(reason); and \(error)")
    }
  }

  /// Takes the name of the last checkpoint from a damaged file.
  ///
  /// The previous one then stays what it is until the next save is whole.
  package func setAsideLast() throws(CheckpointError) {
    guard rename(lastPath, damagedPath) == 0 || errno == ENOENT else {
      throw cannotWrite(lastPath)
    }
  }

  private func read(_ file: String) throws(CheckpointError) -> Checkpoint {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    switch descriptor < 0 ? errno : 0 {
    case ENOENT: throw .missing(folder: path)
    case EACCES, EPERM, EMFILE, ENFILE, ENOMEM:
      throw .cannotRead(path: file, reason: String(cString: strerror(errno)))
    default: if descriptor >= 0 { close(descriptor) }
    }
    do {
      let content = try Safetensors.read(file)
      return try CheckpointMetadata.decoded(content.metadata, content.tensors, path: file)
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw .damaged(path: file, reason: "\(error)")
    }
  }

  /// Gives the last checkpoint the name of the previous one as well.
  private func keepLast() throws(CheckpointError) {
    guard access(lastPath, F_OK) == 0 else { return }
    let linked = path + "/kept.safetensors"
    unlink(linked)
    // A file system without links moves the file instead: `last` is then missing for a moment.
    let source = link(lastPath, linked) == 0 ? linked : lastPath
    guard rename(source, previousPath) == 0 else { throw cannotWrite(previousPath) }
    // Where both names were already one file's, renaming did nothing.
    unlink(linked)
  }

  private func cannotWrite(_ file: String) -> CheckpointError {
    .cannotWrite(path: file, reason: String(cString: strerror(errno)))
  }
}

extension CheckpointError {
  /// Whether the file may be as it was written: then it is no reason to go on from the one before.
  fileprivate var isOfAWholeFile: Bool {
    switch self {
    case .newerFormat, .cannotRead: true
    default: false
    }
  }
}
