import Glibc

/// Bytes of known number that can be read from any offset: an open file or memory.
package protocol StoredBytes: AnyObject {
  /// The name errors give the file.
  var file: String { get }
  /// The number of bytes.
  var count: Int { get }
  /// Fills `target` from `offset`; the caller has checked that so many bytes are there.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(FormatError)
}

extension StoredBytes {
  /// The bytes of a range that lies within the file.
  package func bytes(_ range: Range<Int>) throws(FormatError) -> [UInt8] {
    precondition(range.upperBound <= count, "bytes \(range) of a file of \(count)")
    var bytes = [UInt8](repeating: 0, count: range.count)
    var failure: FormatError?
    bytes.withUnsafeMutableBytes { target in
      do throws(FormatError) {
        try read(at: range.lowerBound, into: target)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

/// Bytes in memory that stand for a file.
package final class MemoryBytes: StoredBytes {
  package let file: String
  private let bytes: [UInt8]

  /// Bytes that errors call `file`.
  package init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  package var count: Int { bytes.count }

  package func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) {
    bytes.withUnsafeBytes {
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + target.count]))
    }
  }
}

/// A file open for reading; closed with its last owner.
package final class OpenFile: StoredBytes {
  package let file: String
  package let count: Int
  private let descriptor: Int32

  private init(file: String, count: Int, descriptor: Int32) {
    self.file = file
    self.count = count
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Opens a file; a pipe is read to its end, at most `pipeLimit` bytes.
  ///
  /// - Parameter acceptsPipes: false for files of a folder, where a pipe may have no writer and is not waited for.
  package static func open(
    _ path: String, pipeLimit: Int = 1 << 30, acceptsPipes: Bool = true
  ) throws(FormatError) -> any StoredBytes {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | (acceptsPipes ? 0 : O_NONBLOCK))
    guard descriptor >= 0 else { throw FormatError(path, cannot: "read", code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw FormatError(path, cannot: "read", code: code)
    }
    let opened = OpenFile(file: path, count: Int(status.st_size), descriptor: descriptor)
    try refuseDevice(
      status, descriptor, path, expected: acceptsPipes ? "a file or a pipe" : "a file")
    switch status.st_mode & S_IFMT {
    case S_IFREG: return opened
    case S_IFDIR: throw FormatError(path, cannot: "read", code: EISDIR)
    default:
      guard acceptsPipes else {
        throw FormatError(path, .wholeFile, expected: "a file", actual: "something else")
      }
      return MemoryBytes(try opened.drain(limit: pipeLimit), file: path)
    }
  }

  package func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(FormatError)
  {
    var done = 0
    while done < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
      let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if got < 0 {
        if errno == EINTR { continue }
        throw FormatError(file, cannot: "read", code: errno)
      }
      guard got > 0 else {
        throw FormatError(
          file, .byte(offset + done), expected: "\(count) bytes as when it was opened",
          actual: "the end of the file")
      }
      done += got
    }
  }

  private func drain(limit: Int) throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = Glibc.read(descriptor, &chunk, chunk.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw FormatError(file, cannot: "read", code: errno) }
      guard got > 0 else { return bytes }
      bytes += chunk[..<got]
      guard bytes.count <= limit else {
        throw FormatError(
          file, .byte(limit), expected: "at most \(limit) bytes from a pipe", actual: "more")
      }
    }
  }
}

/// Refuses devices but terminals: others, such as `/dev/zero`, may have no end.
func refuseDevice(
  _ status: stat, _ descriptor: Int32, _ path: String, expected: String
) throws(FormatError) {
  let kind = status.st_mode & S_IFMT
  guard kind == S_IFBLK || kind == S_IFCHR && isatty(descriptor) == 0 else { return }
  throw FormatError(path, .wholeFile, expected: expected, actual: "a device")
}

/// Whole files as bytes.
public enum FileBytes {
  /// All bytes of a file; a pipe is read to its end.
  ///
  /// - Throws: `FormatError` where it cannot be read or has more than `limit` bytes.
  public static func read(_ path: String, limit: Int = 1 << 32) throws(FormatError) -> [UInt8] {
    try read(path, limit: limit, acceptsPipes: true)
  }

  static func read(
    _ path: String, limit: Int, acceptsPipes: Bool
  ) throws(FormatError) -> [UInt8] {
    let file = try OpenFile.open(path, pipeLimit: limit, acceptsPipes: acceptsPipes)
    guard file.count <= limit else {
      throw FormatError(
        path, .wholeFile, expected: "at most \(limit) bytes", actual: "\(file.count)")
    }
    return try file.bytes(0..<file.count)
  }
}
