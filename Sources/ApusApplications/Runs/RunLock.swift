import Glibc

/// The right to train a run, held by one process at a time and gone with it.
public final class RunLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of `folder`.
  ///
  /// - Throws: ``RunError/busy(path:)`` where another process trains the run.
  public init(_ folder: RunFolder) throws(RunError) {
    descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .unwritable(path: folder.path, reason: systemReason())
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isBusy = errno == EWOULDBLOCK
      let reason = systemReason()
      close(descriptor)
      throw isBusy ? .busy(path: folder.path) : .unwritable(path: folder.path, reason: reason)
    }
  }

  /// Takes the lock of a new run; where the system cannot give it, the folders `made` for the run are removed.
  convenience init(_ folder: RunFolder, made: [String]) throws(RunError) {
    do {
      try self.init(folder)
    } catch {
      if error != .busy(path: folder.path) { RunFolder.remove(made) }
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Whether a process trains the run now.
  public static func isHeld(on folder: RunFolder) -> Bool {
    do {
      _ = try RunLock(folder)
      return false
    } catch {
      if case .busy = error { return true } else { return false }
    }
  }
}
