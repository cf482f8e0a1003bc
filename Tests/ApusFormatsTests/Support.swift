import ApusFormats
import ApusNumerics
import ApusTensors
import Glibc
import Testing

/// A file of `Tests/Golden/formats`, made by `Tests/Golden/formats.py`.
func golden(_ name: String, here: String = #filePath) -> String {
  here.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/Golden/formats/" + name
}

/// Calls `body` with a new folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  var template = Array((parent + "/apus-tests-XXXXXX").utf8CString)
  let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
  defer { removeFolder(folder) }
  return try body(folder)
}

private func removeFolder(_ folder: String) {
  chmod(folder, 0o700)
  for name in names(in: folder) { unlink(folder + "/" + name) }
  rmdir(folder)
}

/// The names of the files in a folder, in order.
func names(in folder: String) -> [String] {
  guard let handle = opendir(folder) else { return [] }
  defer { closedir(handle) }
  var names: [String] = []
  while let entry = readdir(handle) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// The CRC-32 of PNG and zip, by its definition.
func checksum(of bytes: [UInt8]) -> UInt32 {
  var remainder = UInt32.max
  for byte in bytes {
    remainder ^= UInt32(byte)
    for _ in 0..<8 {
      remainder = remainder & 1 == 1 ? (remainder >> 1) ^ 0xEDB8_8320 : remainder >> 1
    }
  }
  return ~remainder
}

/// The sentence of the `FormatError` that `body` throws.
func sentence(of body: () throws -> some Any) throws -> String {
  do {
    _ = try body()
  } catch let error as FormatError {
    return error.description
  }
  Issue.record("nothing was thrown")
  return ""
}

/// Feeds a reader with 2000 damaged copies of a valid file; it may refuse them, but must not crash.
///
/// Damage is bytes changed, runs removed or doubled, the end cut off, and sizes blown up.
/// - Returns: how many copies were refused.
func refusals(of valid: [UInt8], seed: UInt64, _ read: ([UInt8]) throws -> some Any) -> Int {
  var refused = 0
  for round in 0..<2000 {
    var stream = PhiloxStream(seed: seed, purpose: 1, index: UInt64(round))
    var bytes = valid
    for _ in 0...stream.uniformInteger(below: 4) where !bytes.isEmpty {
      let place = stream.uniformInteger(below: bytes.count)
      let length = min(stream.uniformInteger(below: 9), bytes.count - place)
      switch stream.uniformInteger(below: 5) {
      case 0: bytes[place] = UInt8(truncatingIfNeeded: stream.nextWord())
      case 1: bytes.removeSubrange(place..<place + length)
      case 2: bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: place)
      case 3: bytes.removeSubrange(place...)
      default: for index in place..<place + length { bytes[index] = 0xFF }
      }
    }
    do { _ = try read(bytes) } catch { refused += 1 }
  }
  return refused
}
