/// Writes a zip archive part by part, all dated 1980-01-01, so that equal parts give equal files.
struct ZipWriter {
  private var directory: [UInt8] = []
  private var count = 0

  /// Appends one part; `writer` must have been given nothing but earlier parts.
  ///
  /// - Throws: `FormatError` where the part or the archive reaches 4 GiB.
  mutating func add(
    _ name: String, _ bytes: [UInt8], compressing: Bool, to writer: FileWriter, file: String
  ) throws(FormatError) {
    let packed = compressing ? Deflate.raw(bytes) : bytes
    let offset = writer.count
    guard bytes.count < 0xFFFF_FFFF, packed.count < 0xFFFF_FFFF, offset < 0xFFFF_FFFF else {
      throw FormatError(
        file, .byte(offset), expected: "parts within 4 GiB of a zip archive",
        actual: "\(name) of \(bytes.count) bytes")
    }
    // Version 2.0, names in UTF-8, method, time 00:00 and date 1980-01-01.
    var common = words16([20, 0x0800, compressing ? 8 : 0, 0, 0x21])
    common += words32([Int(Deflate.checksum(bytes)), packed.count, bytes.count])
    common += words16([name.utf8.count, 0])
    try writer.write(words32([0x0403_4B50]) + common + Array(name.utf8))
    try writer.write(packed)
    directory += words32([0x0201_4B50]) + words16([20]) + common
    directory += words16([0, 0, 0]) + words32([0, offset]) + Array(name.utf8)
    count += 1
  }

  /// Writes the directory.
  ///
  /// - Throws: `FormatError` where the archive reaches 4 GiB.
  func finish(_ writer: FileWriter, file: String) throws(FormatError) {
    let offset = writer.count
    guard offset + directory.count < 0xFFFF_FFFF, count < 0xFFFF else {
      throw FormatError(
        file, .byte(offset), expected: "at most 65534 parts within 4 GiB of a zip archive",
        actual: "\(count) of \(offset) bytes")
    }
    try writer.write(directory)
    try writer.write(
      words32([0x0605_4B50]) + words16([0, 0, count, count])
        + words32([directory.count, offset]) + words16([0]))
  }

  private func words16(_ values: [Int]) -> [UInt8] {
    values.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }

  private func words32(_ values: [Int]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  }
}
