import ApusFormats
import ApusTensors
import Testing

/// Archives that were made by hand, as no writer makes them.
@Suite struct HostileZipTests {
  private let one = NPY.encode(Tensor([1, 2, 3] as [Float]))
  private let other = NPY.encode(Tensor([7, 8] as [Int32]))

  private func fault(_ parts: [PlainPart]) throws -> String {
    try sentence { try NPZ.decode(PlainPart.archive(of: parts), file: "a.npz") }
  }

  @Test func readsWhatIsNotHostile() throws {
    let parts = [PlainPart("a.npy", one), PlainPart("b.npy", other)]
    let found = try NPZ.decode(PlainPart.archive(of: parts), file: "a.npz")
    #expect(found.map(\.name) == ["a", "b"])
    #expect(found[0].tensor == Tensor([1, 2, 3] as [Float]))
    #expect(found[1].tensor == Tensor([7, 8] as [Int32]))
  }

  @Test func refusesANameThatComesTwice() throws {
    let parts = [PlainPart("a.npy", one), PlainPart("b.npy", one), PlainPart("a.npy", other)]
    let text = try fault(parts)
    #expect(text.hasPrefix("a.npz, byte "))
    #expect(text.hasSuffix(": expected each name once, got a.npy again"))
  }

  @Test(arguments: [1, 0x41, 0x0801])
  func refusesAnEncryptedPart(flags: Int) throws {
    var part = PlainPart("b.npy", other)
    part.flags = flags
    let text = try fault([PlainPart("a.npy", one), part])
    #expect(text.hasSuffix(": expected a part that is not encrypted, got b.npy, encrypted"))
  }

  /// Shrunk, deflated by 64 KiB, bzip2, LZMA, Zstandard, and what is none.
  @Test(arguments: [1, 9, 12, 14, 93, 65535])
  func refusesOtherCompressions(method: Int) throws {
    var part = PlainPart("b.npy", other)
    part.method = method
    let text = try fault([PlainPart("a.npy", one), part])
    #expect(text.hasPrefix("a.npz (b.npy), byte "))
    #expect(text.hasSuffix(": expected a stored or deflated part, got compression \(method)"))
  }

  /// Many parts of the same bytes unpack to any multiple of the file.
  @Test func refusesPartsThatShareTheirBytes() throws {
    let large = NPY.encode(Tensor([Float](repeating: 1, count: 1000)))
    var parts = [PlainPart("a0.npy", large)]
    for number in 1..<40 {
      parts.append(PlainPart("a\(number).npy", large))
      parts[number].offset = 0
    }
    let bytes = PlainPart.archive(of: parts)
    #expect(
      try fault(parts).hasSuffix(
        ": expected parts of together at most \(bytes.count) bytes, got \(40 * large.count)"))
  }

  @Test func refusesAPartWithinAnother() throws {
    var part = PlainPart("b.npy", one)
    part.offset = 40
    #expect(
      try fault([PlainPart("a.npy", one), part])
        .hasPrefix("a.npz, byte 40: expected the header of b.npy (50 4b 03 04), got "))
  }

  @Test func refusesAPartBeyondTheFile() throws {
    var part = PlainPart("b.npy", one)
    part.offset = 1_000_000
    #expect(try fault([PlainPart("a.npy", one), part]).contains(": expected parts within the "))
  }
}

/// A part of an archive that is stored, not packed.
private struct PlainPart {
  let name: String
  let bytes: [UInt8]
  var flags = 0
  var method = 0
  /// Where its header is said to be; it has none of its own then.
  var offset: Int?

  init(_ name: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  static func archive(of parts: [PlainPart]) -> [UInt8] {
    var (contents, directory): ([UInt8], [UInt8]) = ([], [])
    for part in parts {
      let offset = part.offset ?? contents.count
      if part.offset == nil {
        contents += numbers([(0x0403_4B50, 4)]) + part.common + Array(part.name.utf8) + part.bytes
      }
      directory += numbers([(0x0201_4B50, 4), (20, 2)]) + part.common
      directory += numbers([(0, 2), (0, 2), (0, 2), (0, 4), (offset, 4)]) + Array(part.name.utf8)
    }
    let end = numbers([
      (0x0605_4B50, 4), (0, 2), (0, 2), (parts.count, 2), (parts.count, 2), (directory.count, 4),
      (contents.count, 4), (0, 2),
    ])
    return contents + directory + end
  }

  /// What a part's header and its line of the directory have in common.
  private var common: [UInt8] {
    Self.numbers([
      (20, 2), (flags, 2), (method, 2), (0, 2), (0x21, 2), (Int(checksum(of: bytes)), 4),
      (bytes.count, 4), (bytes.count, 4), (name.utf8.count, 2), (0, 2),
    ])
  }

  /// Numbers of some bytes each, the lowest first.
  private static func numbers(_ fields: [(value: Int, size: Int)]) -> [UInt8] {
    fields.flatMap { field in
      (0..<field.size).map { UInt8(truncatingIfNeeded: field.value >> (8 * $0)) }
    }
  }
}
