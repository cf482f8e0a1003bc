import Glibc

/// Facts that Linux keeps in small text files.
package enum SystemFiles {
  /// The text of a file such as `/proc/meminfo`, at most 1 MiB of it; nil where it cannot be read.
  static func text(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < 1 << 20 {
      let got = read(descriptor, &piece, piece.count)
      guard got > 0 else { break }
      bytes += piece[..<got]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What stands behind `key` and `separator` in the first line that begins with the key.
  static func value(of key: String, in path: String, separator: Character = ":") -> String? {
    guard let lines = text(of: path)?.split(separator: "\n") else { return nil }
    for line in lines where line.hasPrefix(key) {
      guard let place = line.firstIndex(of: separator) else { continue }
      let value = line[line.index(after: place)...].drop { $0 == " " || $0 == "\t" }
      return String(value.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
    return nil
  }

  /// A value such as `1024 kB`, in bytes.
  static func byteCount(of key: String, in path: String) -> Int? {
    guard let words = value(of: key, in: path)?.split(separator: " "), let first = words.first,
      let number = Int(first)
    else { return nil }
    return words.dropFirst().first == "kB" ? number * 1024 : number
  }

  /// The most memory this process has held, in bytes.
  static var peakMemoryBytes: Int { byteCount(of: "VmHWM", in: "/proc/self/status") ?? 0 }

  /// The number that a file consists of; nil where it holds something else, such as `max`.
  static func number(in path: String) -> Int? {
    text(of: path).flatMap { Int($0.prefix { $0 != "\n" }) }
  }

  /// The memory that programs can still take without swapping, in bytes: of the machine, or of the container or
  /// service they run in, where that is less.
  package static var availableMemoryBytes: Int? {
    let machine = byteCount(of: "MemAvailable", in: "/proc/meminfo")
    guard let group = ControlGroup().availableMemoryBytes else { return machine }
    return min(machine ?? group, group)
  }
}
