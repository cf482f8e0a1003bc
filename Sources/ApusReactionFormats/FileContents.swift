import Glibc

/// Reads whole files.
enum FileContents {
  /// The bytes of a file.
  ///
  /// - Parameters:
  ///   - limit: the most bytes.
  ///   - missing: what is said where there is no such file.
  static func read(
    _ path: String, limit: Int, orWhereMissing missing: String
  ) throws(NetworkFault) -> [UInt8] {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { throw NetworkFault(path, missing) }
      throw NetworkFault(path, "cannot be read: \(reason)")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw NetworkFault(path, "cannot be read: \(reason)")
      }
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
      guard bytes.count <= limit else {
        throw NetworkFault(path, "expected at most \(limit >> 20) MiB")
      }
    }
  }

  private static var reason: String { String(cString: strerror(errno)).lowercased() }
}

extension StringProtocol {
  /// The text behind a byte order mark, if it begins with one.
  var withoutByteOrderMark: SubSequence {
    unicodeScalars.first == "\u{FEFF}"
      ? self[unicodeScalars.index(after: startIndex)...] : self[...]
  }
}
