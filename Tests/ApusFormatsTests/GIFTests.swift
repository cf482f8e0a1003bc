import ApusFormats
import ApusTensors
import Testing

@Suite struct GIFTests {
  @Test func holdsThePicturesThatWereWritten() throws {
    let pixels = (0..<3 * 9 * 11).map { UInt8(truncatingIfNeeded: $0 * $0 * 7 + $0 / 40) }
    let bytes = try GIF.encode(
      Tensor(pixels, shape: [3, 9, 11, 1]), delay: 25, lastDelay: 150)
    let found = try #require(GIFContents(bytes))
    #expect(found.width == 11)
    #expect(found.height == 9)
    #expect(found.isEndless)
    #expect(found.delays == [25, 25, 150])
    #expect(found.pictures.flatMap(\.self) == pixels)
  }

  @Test func refusesWhatIsNoPictures() {
    for tensor in [
      Tensor(zeros: TensorType([2, 4, 4, 3], .uint8)),
      Tensor(zeros: TensorType([4, 4, 1], .uint8)),
      Tensor(zeros: TensorType([0, 4, 4, 1], .uint8)),
      Tensor(zeros: TensorType([0, 65535, 65535, 1], .uint8)),
      Tensor(zeros: TensorType([1, 4, 4, 1])),
    ] {
      let error = #expect(throws: FormatError.self) {
        try GIF.encode(tensor, delay: 1, lastDelay: 1, file: "a.gif")
      }
      #expect(
        error?.description
          == "a.gif: expected uint8 pixels [count, height, width, 1], got \(tensor.type)")
    }
  }
}

/// What a GIF file of grey pictures holds, read by the words of its specification (GIF89a).
private struct GIFContents {
  private(set) var width = 0
  private(set) var height = 0
  private(set) var isEndless = false
  private(set) var delays: [Int] = []
  private(set) var pictures: [[UInt8]] = []

  init?(_ bytes: [UInt8]) {
    guard bytes.starts(with: Array("GIF89a".utf8)), bytes.count > 13 + 768 else { return nil }
    width = Int(bytes[6]) + Int(bytes[7]) << 8
    height = Int(bytes[8]) + Int(bytes[9]) << 8
    guard bytes[10] & 0x87 == 0x87 else { return nil }  // a table of 256 colours
    let greys = (0..<256).allSatisfy { value in
      (0..<3).allSatisfy { bytes[13 + value * 3 + $0] == UInt8(value) }
    }
    guard greys else { return nil }
    var place = 13 + 768
    while place < bytes.count, bytes[place] != 0x3B {
      if bytes[place] == 0x21 {
        let label = bytes[place + 1]
        place += 2
        let blocks = Self.blocks(in: bytes, from: &place)
        if label == 0xF9 { delays.append(Int(blocks[0][1]) + Int(blocks[0][2]) << 8) }
        if label == 0xFF { isEndless = blocks == [Array("NETSCAPE2.0".utf8), [1, 0, 0]] }
      } else {
        guard bytes[place] == 0x2C else { return nil }
        place += 11
        let data = Self.blocks(in: bytes, from: &place).flatMap(\.self)
        pictures.append(Self.unpacked(data, bits: Int(bytes[10] & 7) + 1))
      }
    }
    guard place == bytes.count - 1 else { return nil }
  }

  private static func blocks(in bytes: [UInt8], from place: inout Int) -> [[UInt8]] {
    var blocks: [[UInt8]] = []
    while bytes[place] > 0 {
      blocks.append(Array(bytes[place + 1...place + Int(bytes[place])]))
      place += 1 + Int(bytes[place])
    }
    place += 1
    return blocks
  }

  /// Undoes Lempel-Ziv-Welch compression.
  private static func unpacked(_ data: [UInt8], bits: Int) -> [UInt8] {
    let clear = 1 << bits
    var (table, size, last): ([[UInt8]], Int, [UInt8]?) = ([], bits + 1, nil)
    var (result, bit): ([UInt8], Int) = ([], 0)
    while bit + size <= data.count * 8 {
      var code = 0
      for offset in 0..<size {
        code |= (Int(data[(bit + offset) / 8]) >> ((bit + offset) % 8) & 1) << offset
      }
      bit += size
      if code == clear {
        table = (0..<clear).map { [UInt8($0)] } + [[], []]
        (size, last) = (bits + 1, nil)
        continue
      }
      if code == clear + 1 { break }
      var entry: [UInt8]
      if code < table.count {
        entry = table[code]
      } else {
        entry = last ?? []
        entry += entry.prefix(1)
      }
      if let last, table.count < 4096 { table.append(last + entry.prefix(1)) }
      if table.count == 1 << size, size < 12 { size += 1 }
      result += entry
      last = entry
    }
    return result
  }
}
