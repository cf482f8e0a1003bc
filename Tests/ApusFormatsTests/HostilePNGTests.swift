import ApusFormats
import ApusTensors
import Testing

/// PNG files that were made by hand: headers that claim too much, and rows in another order.
@Suite struct HostilePNGTests {
  private func decode(_ bytes: [UInt8]) throws -> Tensor {
    try PNG.decode(bytes, file: "p.png")
  }

  @Test(arguments: [(20_000, 20_000), (10_000, 10_001), (250_000, 500)])
  func refusesMorePixelsThanTheLimit(width: Int, height: Int) throws {
    let bytes = PlainPNG(width: width, height: height, rows: [0, 0]).bytes
    #expect(
      try sentence { try decode(bytes) }
        == "p.png, byte 16: expected a picture of at most 100000000 pixels that \(bytes.count) bytes can "
        + "hold, got \(width) × \(height)")
  }

  /// Below the limit, yet no deflated data of this length unpacks to it.
  @Test func refusesMorePixelsThanItsBytesCanHold() throws {
    let bytes = PlainPNG(width: 9000, height: 9000, rows: [0, 0]).bytes
    #expect(
      try sentence { try decode(bytes) }.hasSuffix(
        "that \(bytes.count) bytes can hold, got 9000 × 9000"))
  }

  @Test func refusesARowThatIsMissing() throws {
    let whole = PlainPNG(width: 2, height: 2, rows: [0, 10, 20, 0, 30, 40])
    #expect(try decode(whole.bytes).scalars(as: UInt8.self) == [10, 20, 30, 40])
    for (width, height) in [(2, 3), (3, 2), (60, 60)] {
      let short = PlainPNG(width: width, height: height, rows: whole.rows)
      #expect(
        try sentence { try decode(short.bytes) }.hasPrefix(
          "p.png: expected a whole PNG picture, got a damaged one ("))
    }
  }

  @Test(arguments: [(0, 2), (2, 0)])
  func refusesAPictureOfNoPixels(width: Int, height: Int) throws {
    let bytes = PlainPNG(width: width, height: height, rows: [0, 0]).bytes
    #expect(try sentence { try decode(bytes) }.hasPrefix("p.png"))
  }

  /// Of a picture of one pixel most of the seven passes are empty.
  @Test(arguments: [(11, 9), (8, 8), (5, 3), (1, 1), (3, 17)])
  func interlacedPicturesAreThoseOfPlainOnes(width: Int, height: Int) throws {
    func pixel(_ x: Int, _ y: Int) -> UInt8 { UInt8((x * 37 + y * 101 + x * y) % 256) }
    func rows(_ columns: [Int], _ lines: [Int]) -> [UInt8] {
      columns.isEmpty ? [] : lines.flatMap { y -> [UInt8] in [0] + columns.map { pixel($0, y) } }
    }
    let plain = PlainPNG(
      width: width, height: height, rows: rows(Array(0..<width), Array(0..<height)))
    // The first column and line of each pass, and the steps to the next ones.
    let passes = [
      (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
      (0, 1, 1, 2),
    ]
    let interlaced: [UInt8] = passes.flatMap { x, y, right, down in
      rows(
        Array(stride(from: x, to: width, by: right)), Array(stride(from: y, to: height, by: down)))
    }
    let found = try decode(
      PlainPNG(width: width, height: height, rows: interlaced, isInterlaced: true).bytes)
    #expect(found.shape == [height, width, 1])
    #expect(try found == decode(plain.bytes))
    let last = found.scalars(as: UInt8.self).last
    #expect(last == pixel(width - 1, height - 1))
  }
}

/// A grey picture of 8 bits with data that are stored, not packed.
private struct PlainPNG {
  var width: Int
  var height: Int
  /// Each row a filter (0 is none) and its pixels.
  var rows: [UInt8]
  var isInterlaced = false

  var bytes: [UInt8] {
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let kind: [UInt8] = [8, 0, 0, 0, isInterlaced ? 1 : 0]
    let header = chunk("IHDR", Self.number(width) + Self.number(height) + kind)
    return signature + header + chunk("IDAT", data) + chunk("IEND", [])
  }

  private func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
    let named = Array(name.utf8) + body
    return Self.number(body.count) + named + Self.number(Int(checksum(of: named)))
  }

  /// A zlib stream of one stored block.
  private var data: [UInt8] {
    let count = rows.count
    let sizes = [count, count >> 8, ~count, ~count >> 8].map { UInt8(truncatingIfNeeded: $0) }
    var (sum, sumOfSums) = (1, 0)
    for byte in rows {
      sum = (sum + Int(byte)) % 65521
      sumOfSums = (sumOfSums + sum) % 65521
    }
    return [0x78, 0x01, 1] + sizes + rows + Self.number(sumOfSums << 16 | sum)
  }

  /// Four bytes, the highest first.
  private static func number(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
