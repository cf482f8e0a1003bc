/// Files that may be compressed, told by their first bytes and not by their names.
package enum CompressedFile {
  private static let gzip: [UInt8] = [0x1F, 0x8B]
  private static let xz: [UInt8] = [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]

  /// The content of a file, unpacked where it is gzip or .xz.
  ///
  /// - Throws: `FormatError` where it cannot be opened.
  package static func open(_ path: String) throws(FormatError) -> any ByteSource {
    try source(of: OpenFile.open(path))
  }

  /// The content of bytes that stand for a file.
  package static func source(of stored: any StoredBytes) throws(FormatError) -> any ByteSource {
    let start = try stored.bytes(0..<min(xz.count, stored.count))
    if start.starts(with: gzip) { return try InflateSource(RangeSource(stored), .gzip) }
    if start == xz { return try XZSource(RangeSource(stored)) }
    return RangeSource(stored)
  }
}
