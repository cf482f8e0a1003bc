import CZlib

/// The parts of a zip archive, stored or deflated; as much of the format as `npz` files use.
///
/// What the central directory at the end says counts, sizes of 64 bits included. Encrypted parts,
/// archives over several disks and other compressions are refused.
///
/// Reference: PKWARE, "APPNOTE.TXT – .ZIP File Format Specification", version 6.3.10.
struct ZipArchive {
  /// One part as the directory lists it.
  struct Entry {
    let name: String
    let method: UInt16
    let checksum: UInt32
    let packedCount: Int
    let count: Int
    let offset: Int
    /// Where the directory lists it, for errors.
    let place: Int
  }

  /// The parts in the directory's order, no two of one name.
  let entries: [Entry]
  private let stored: any StoredBytes

  /// Reads the directory of an archive.
  init(_ stored: any StoredBytes) throws(FormatError) {
    self.stored = stored
    let (count, range) = try Self.directory(of: stored)
    let bytes = try stored.bytes(range)
    guard count <= bytes.count / 46 else {
      throw FormatError(
        stored.file, .byte(range.lowerBound), expected: "a directory of \(count) parts",
        actual: "one of \(bytes.count) bytes")
    }
    var entries: [Entry] = []
    var names: Set<String> = []
    var position = 0
    for _ in 0..<count {
      let entry = try Self.entry(
        in: bytes, at: &position, file: stored.file, offset: range.lowerBound)
      guard names.insert(entry.name).inserted else {
        throw FormatError(
          stored.file, .byte(entry.place), expected: "each name once",
          actual: "\(entry.name) again")
      }
      entries.append(entry)
    }
    // Parts that share bytes could unpack to any multiple of the file.
    let packed = entries.reduce(0) { $0 &+ min($1.packedCount, stored.count) }
    guard 0...stored.count ~= packed else {
      throw FormatError(
        stored.file, .byte(range.lowerBound),
        expected: "parts of together at most \(stored.count) bytes", actual: "\(packed)")
    }
    self.entries = entries
  }

  /// The unpacked bytes of one part, checked against its size and checksum.
  func bytes(of entry: Entry) throws(FormatError) -> [UInt8] {
    let file = "\(stored.file) (\(entry.name))"
    let range = try dataRange(of: entry)
    let bytes: [UInt8]
    switch entry.method {
    case 0:
      guard entry.count == entry.packedCount else {
        throw FormatError(
          file, .byte(entry.place),
          expected: "\(entry.packedCount) bytes, for it is stored plainly",
          actual: "\(entry.count)")
      }
      bytes = try stored.bytes(range)
    case 8:
      let source = try InflateSource(RangeSource(stored, range), .none)
      bytes = try source.bytes(entry.count, of: entry.name)
      try source.requireEnd(after: "the \(entry.count) bytes of \(entry.name)")
    default:
      throw FormatError(
        file, .byte(entry.place), expected: "a stored or deflated part",
        actual: "compression \(entry.method)")
    }
    let checksum = Deflate.checksum(bytes)
    guard checksum == entry.checksum else {
      throw FormatError(
        file, .byte(range.lowerBound),
        expected: "the checksum \(String(entry.checksum, radix: 16))",
        actual: String(checksum, radix: 16))
    }
    return bytes
  }

  private func dataRange(of entry: Entry) throws(FormatError) -> Range<Int> {
    let local = 30
    guard entry.offset <= stored.count - local else { throw outside(entry) }
    let header = try stored.bytes(entry.offset..<entry.offset + local)
    guard header.littleEndian(4, at: 0) == 0x0403_4B50 else {
      throw FormatError(
        stored.file, .byte(entry.offset), expected: "the header of \(entry.name) (50 4b 03 04)",
        actual: hexadecimal(header[..<4]))
    }
    let start =
      entry.offset + local + header.littleEndian(2, at: 26) + header.littleEndian(2, at: 28)
    guard start <= stored.count, entry.packedCount <= stored.count - start else {
      throw outside(entry)
    }
    return start..<start + entry.packedCount
  }

  private func outside(_ entry: Entry) -> FormatError {
    FormatError(
      stored.file, .byte(entry.place),
      expected: "parts within the \(stored.count) bytes of the file",
      actual: "\(entry.name) of \(entry.packedCount) bytes at \(entry.offset)")
  }

  /// The number of parts and where the directory is.
  private static func directory(
    of stored: any StoredBytes
  ) throws(FormatError) -> (count: Int, range: Range<Int>) {
    // The record of the end has 22 bytes and a comment of at most 65535.
    let start = max(0, stored.count - 22 - 65535)
    let tail = try stored.bytes(start..<stored.count)
    let last = stride(from: tail.count - 22, through: 0, by: -1).first { position in
      tail.littleEndian(4, at: position) == 0x0605_4B50
        && position + 22 + tail.littleEndian(2, at: position + 20) == tail.count
    }
    guard let last else {
      throw FormatError(
        stored.file, .byte(stored.count), expected: "the end of a zip archive (50 4b 05 06)",
        actual: "none")
    }
    var count = tail.littleEndian(2, at: last + 10)
    var size = tail.littleEndian(4, at: last + 12)
    var offset = tail.littleEndian(4, at: last + 16)
    if last >= 20, tail.littleEndian(4, at: last - 20) == 0x0706_4B50 {
      let place = tail.littleEndian(8, at: last - 12)
      if place >= 0, place <= stored.count - 56 {
        let record = try stored.bytes(place..<place + 56)
        if record.littleEndian(4, at: 0) == 0x0606_4B50 {
          count = record.littleEndian(8, at: 32)
          size = record.littleEndian(8, at: 40)
          offset = record.littleEndian(8, at: 48)
        }
      }
    }
    guard count >= 0, size >= 0, offset >= 0, offset <= stored.count, size <= stored.count - offset
    else {
      throw FormatError(
        stored.file, .byte(start + last), expected: "a directory within the file",
        actual: "\(size) bytes at \(offset)")
    }
    return (count, offset..<offset + size)
  }

  private static func entry(
    in bytes: [UInt8], at position: inout Int, file: String, offset: Int
  ) throws(FormatError) -> Entry {
    let place = offset + position
    func fault(_ expected: String, _ actual: String) -> FormatError {
      FormatError(file, .byte(place), expected: expected, actual: actual)
    }
    let start = position
    guard bytes.count - start >= 46, bytes.littleEndian(4, at: start) == 0x0201_4B50 else {
      throw fault("an entry of the zip directory (50 4b 01 02)", "something else")
    }
    let nameCount = bytes.littleEndian(2, at: start + 28)
    let extraCount = bytes.littleEndian(2, at: start + 30)
    let commentCount = bytes.littleEndian(2, at: start + 32)
    guard bytes.count - start >= 46 + nameCount + extraCount + commentCount else {
      throw fault("a whole entry of the zip directory", "the directory's end")
    }
    position += 46 + nameCount + extraCount + commentCount
    let nameStart = start + 46
    let name = String(decoding: bytes[nameStart..<nameStart + nameCount], as: UTF8.self)
    guard bytes.littleEndian(2, at: start + 8) & 1 == 0 else {
      throw fault("a part that is not encrypted", "\(name), encrypted")
    }
    let extraStart = nameStart + nameCount
    var wide = Array(bytes[extraStart..<extraStart + extraCount])[...].zip64Numbers
    func size(at offset: Int) -> Int {
      let value = bytes.littleEndian(4, at: start + offset)
      return value == 0xFFFF_FFFF && !wide.isEmpty ? wide.removeFirst() : value
    }
    let count = size(at: 24)
    let packedCount = size(at: 20)
    let localOffset = size(at: 42)
    guard count >= 0, packedCount >= 0, localOffset >= 0 else {
      throw fault("sizes below 2⁶³", "negative ones for \(name)")
    }
    return Entry(
      name: name, method: UInt16(bytes.littleEndian(2, at: start + 10)),
      checksum: UInt32(bytes.littleEndian(4, at: start + 16)), packedCount: packedCount,
      count: count, offset: localOffset, place: place)
  }
}

extension [UInt8] {
  /// The little-endian number of up to eight bytes at `offset`; of eight it may be negative.
  func littleEndian(_ size: Int, at offset: Int) -> Int {
    self[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}

extension ArraySlice<UInt8> {
  /// The 64-bit sizes in the extra field of a zip entry, in their order.
  fileprivate var zip64Numbers: [Int] {
    let bytes = Array(self)
    var position = 0
    while position + 4 <= bytes.count {
      let size = bytes.littleEndian(2, at: position + 2)
      let body = position + 4
      guard body + size <= bytes.count else { return [] }
      if bytes.littleEndian(2, at: position) == 1 {
        return (0..<size / 8).map { bytes.littleEndian(8, at: body + 8 * $0) }
      }
      position = body + size
    }
    return []
  }
}
