import ApusFormats
import ApusNumerics
import Foundation
import Testing

/// Files that may be compressed.
@Suite struct CompressedFileTests {
  /// What `xz` 5.4 makes of `hello xz` and of `more`, one stream after the other.
  private static let packed: [UInt8] = [
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAIaGVsbG8geHoKAAAAAMFJOvpjUhRaAAEhCWwYxdUftvN9AQAAAAAEWVo=",
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEbW9yZQoAAAAAEigNKKGT898AAR0FuC2Arx+2830BAAAAAARZWg==",
  ].flatMap { Array(Data(base64Encoded: $0) ?? Data()) }

  private func unpacked(_ bytes: [UInt8], piece: Int = 5) throws -> [UInt8] {
    let source = try CompressedFile.source(of: MemoryBytes(bytes, file: "x"))
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: piece)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
      guard count > 0 else { return result }
      result += buffer[..<count]
    }
  }

  @Test func unpacksAllStreamsOfXZ() throws {
    for piece in [1, 5, 100] {
      #expect(try unpacked(Self.packed, piece: piece) == Array("hello xz\nmore\n".utf8))
    }
  }

  @Test func leavesOtherBytesAsTheyAre() throws {
    for text in ["", "a", "plain text\n"] {
      #expect(try unpacked(Array(text.utf8)) == Array(text.utf8))
    }
  }

  @Test func namesTheByteWhereXZEnds() throws {
    let error = #expect(throws: FormatError.self) {
      try unpacked(Array(Self.packed.prefix(50)))
    }
    #expect(error?.description == "x, byte 50: expected more .xz data, got the end of the file")
  }

  @Test func damageIsAnErrorOrTheSameText() throws {
    var generator = PhiloxStream(seed: 2, purpose: 1)
    for _ in 0..<500 {
      var damaged = Self.packed
      damaged[Int.random(in: 6..<damaged.count, using: &generator)] ^=
        UInt8.random(in: 1...255, using: &generator)
      // A checksum covers every byte of a stream but a few of padding.
      if let text = try? unpacked(damaged) {
        #expect("hello xz\nmore\n".hasPrefix(String(decoding: text, as: UTF8.self)))
      }
    }
  }
}
