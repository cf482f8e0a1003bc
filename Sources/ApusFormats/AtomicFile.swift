import Glibc
import Synchronization

/// Files that are there whole or not at all, whatever happens while they are written.
///
/// The bytes go to a temporary file in the same folder, reach the disk (`fsync`), and only then
/// take the name; the folder is flushed too. What had the name before stays until that moment.
/// Where anything fails the temporary file is removed. A symbolic link of that name is replaced,
/// not followed. Pipes, devices and descriptors (`/dev/stdout`) are written into as they are.
public enum AtomicFile {
  /// The temporary files that are being written now, and whether the process is about to end.
  private struct Unfinished {
    var paths: Set<String> = []
    var isEnding = false
  }

  private static let unfinished = Mutex(Unfinished())

  /// Writes `bytes` to `path`.
  ///
  /// - Throws: `FormatError`, one sentence with the file and the system's reason (no space,
  ///   read-only).
  public static func write(_ bytes: [UInt8], to path: String) throws(FormatError) {
    try write(to: path) { (writer) throws(FormatError) in try writer.write(bytes) }
  }

  /// Writes the UTF-8 bytes of `text` to `path`.
  public static func write(_ text: String, to path: String) throws(FormatError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes what `body` gives the writer to `path`, piece by piece, for files too big for memory.
  ///
  /// Where `body` throws nothing is left behind and `path` is as it was.
  public static func write(
    to path: String, _ body: (FileWriter) throws(FormatError) -> Void
  ) throws(FormatError) {
    if isStream(path) {
      let writer = try FileWriter(stream: path)
      try body(writer)
      return try writer.finish()
    }
    let (folder, name) = split(path)
    // Names have 255 bytes at most.
    let temporary = folder + "." + (name.utf8.count < 200 ? name : "file") + temporarySuffix
    unlessEnding { _ = $0.paths.insert(temporary) }
    defer { unfinished.withLock { _ = $0.paths.remove(temporary) } }
    let writer = try FileWriter(temporary, reportingAs: path)
    do throws(FormatError) {
      try body(writer)
      try writer.finish()
      let fault = unlessEnding { _ in rename(temporary, path) == 0 ? nil : errno }
      if let fault { throw FormatError(path, cannot: "write", code: fault) }
    } catch {
      unlink(temporary)
      throw error
    }
    try flush(folder: folder.isEmpty ? "." : folder, of: path)
  }

  /// Checks that a file could be written, before the work whose result it is to take.
  ///
  /// - Throws: `FormatError` where its folder is missing or takes no files, or where it is a folder itself.
  public static func checkWritable(_ path: String) throws(FormatError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw FormatError(path, cannot: "write", code: EISDIR)
    }
    let folder = split(path).folder
    let isWritable =
      isStream(path)
      ? access(path, W_OK) == 0 : access(folder.isEmpty ? "." : folder, W_OK | X_OK) == 0
    guard isWritable else { throw FormatError(path, cannot: "write", code: errno) }
  }

  /// Whether two paths lead to one file that is there.
  public static func isSame(_ first: String, _ second: String) -> Bool {
    var (one, other) = (stat(), stat())
    return stat(first, &one) == 0 && stat(second, &other) == 0
      && (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
  }

  /// Removes what this process has begun to write, for the moment before a signal ends it: no file is begun or
  /// takes its name after that.
  public static func discardUnfinished() {
    unfinished.withLock { state in
      state.isEnding = true
      for path in state.paths { unlink(path) }
    }
  }

  /// Calls `body`, or waits for the end of the process where that has come.
  private static func unlessEnding<Result>(_ body: (inout Unfinished) -> Result) -> Result {
    while true {
      let result = unfinished.withLock { state -> Result? in
        state.isEnding ? nil : body(&state)
      }
      if let result { return result }
      pause()
    }
  }

  /// Whether bytes go to whoever reads, so that nothing could take their place afterwards.
  private static func isStream(_ path: String) -> Bool {
    // Descriptors of this process, which may be regular files.
    if ["/dev/fd/", "/proc/"].contains(where: path.hasPrefix) { return true }
    if ["/dev/stdout", "/dev/stderr"].contains(path) { return true }
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    return status.st_mode & S_IFMT != S_IFREG && status.st_mode & S_IFMT != S_IFDIR
  }

  /// Removes temporary files that killed processes left in a folder.
  ///
  /// Those of living processes stay. A folder that cannot be read is left alone.
  public static func removeLeftovers(in folder: String) {
    guard let handle = opendir(folder) else { return }
    defer { closedir(handle) }
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if isLeftover(name) { unlink(folder + "/" + name) }
    }
  }

  /// Whether a file of this name is one that a killed process left.
  public static func isLeftover(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    guard name.hasPrefix("."), parts.count > 2, parts.last == "partial",
      let process = pid_t(parts[parts.count - 2]), process > 0
    else { return false }
    // In a container another process had the number of this one.
    guard process == getpid() else { return kill(process, 0) != 0 && errno == ESRCH }
    return unfinished.withLock { state in
      !state.paths.contains { $0 == name || $0.hasSuffix("/" + name) }
    }
  }

  /// The rest of a name that no other writer has, of this process or of another machine's.
  private static var temporarySuffix: String {
    ".\(String(UInt32.random(in: 0 ... .max), radix: 36)).\(getpid()).partial"
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[...slash]), String(path[path.index(after: slash)...]))
  }

  private static func flush(folder: String, of path: String) throws(FormatError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }  // writable but not readable: nothing more can be done
    defer { close(descriptor) }
    // Some file systems do not flush folders and say so with EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FormatError(path, cannot: "write", code: errno)
    }
  }
}

/// A file being written; small pieces are gathered, large ones go straight through.
public final class FileWriter {
  private let reported: String
  private var descriptor: Int32
  private var pending: [UInt8] = []
  private let gathered = 1 << 16
  /// Whether the bytes go to a pipe or a device, which no flush brings to a disk.
  private let isStream: Bool
  /// Takes the bytes where no file does.
  private var checksum: Checksum?

  /// The bytes written so far.
  public private(set) var count = 0

  init(_ path: String, reportingAs reported: String) throws(FormatError) {
    self.reported = reported
    isStream = false
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FormatError(reported, cannot: "write", code: errno) }
    pending.reserveCapacity(gathered)
  }

  init(stream path: String) throws(FormatError) {
    reported = path
    isStream = true
    // Opened anew, a file that the shell appends to would be written from its beginning.
    descriptor =
      Self.descriptor(named: path).map { fcntl($0, F_DUPFD_CLOEXEC, 0) }
      ?? open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FormatError(path, cannot: "write", code: errno) }
  }

  /// A writer whose bytes go into a checksum alone.
  init(into checksum: Checksum) {
    (reported, isStream, descriptor) = ("a checksum", true, -1)
    self.checksum = checksum
  }

  /// The checksum with all bytes.
  func checksummed() throws(FormatError) -> Checksum {
    try flush()
    return checksum ?? Checksum()
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The descriptor of this process that a path stands for.
  private static func descriptor(named path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default:
      let folders = ["/dev/fd/", "/proc/self/fd/"]
      guard let folder = folders.first(where: path.hasPrefix) else { return nil }
      return Int32(path.dropFirst(folder.count))
    }
  }

  /// Appends bytes.
  public func write(_ bytes: some Collection<UInt8>) throws(FormatError) {
    count += bytes.count
    pending.append(contentsOf: bytes)
    if pending.count >= gathered { try flush() }
  }

  /// Appends the memory of a tensor or another large piece.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    if bytes.count < gathered {
      count += bytes.count
      pending.append(contentsOf: bytes)
      if pending.count >= gathered { try flush() }
    } else {
      try flush()
      try put(bytes)
      count += bytes.count
    }
  }

  func finish() throws(FormatError) {
    try flush()
    guard isStream || fsync(descriptor) == 0 else {
      throw FormatError(reported, cannot: "write", code: errno)
    }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw FormatError(reported, cannot: "write", code: errno) }
  }

  private func flush() throws(FormatError) {
    let bytes = pending
    pending.removeAll(keepingCapacity: true)
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(FormatError) in try put(bytes) }
    }
    try result.get()
  }

  private func put(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard checksum == nil else {
      checksum?.add(bytes)
      return
    }
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let put = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if put < 0 {
        if errno == EINTR { continue }
        throw FormatError(reported, cannot: "write", code: errno)
      }
      done += put
    }
  }
}
