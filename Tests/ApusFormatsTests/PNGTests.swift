import ApusFormats
import ApusTensors
import Testing

@Suite struct PNGTests {
  @Test(arguments: [
    ("grey8", [2, 3, 1], [0, 128, 255, 1, 2, 3]),
    ("grey1", [2, 3, 1], [255, 0, 255, 0, 255, 0]),
    ("grey4", [1, 2, 1], [0, 255]),
    ("grey16", [1, 3, 1], [0, 100, 255]),
    ("colour", [1, 2, 3], [255, 0, 0, 1, 2, 3]),
    ("colour-alpha", [2, 1, 4], [9, 8, 7, 128, 1, 2, 3, 0]),
    ("grey-alpha", [1, 2, 4], [100, 100, 100, 255, 50, 50, 50, 0]),
    ("palette", [1, 4, 3], [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255]),
    ("palette-alpha", [1, 2, 4], [10, 20, 30, 0, 40, 50, 60, 255]),
  ])
  func readsEveryColourType(name: String, extents: [Int], pixels: [UInt8]) throws {
    let picture = try PNG.read(golden(name + ".png"))
    #expect(picture.shape == Shape(extents))
    #expect(picture.scalars(as: UInt8.self) == pixels)
  }

  @Test(arguments: [1, 3, 4])
  func writingAndReadingKeepsPixels(channels: Int) throws {
    let shape: Shape = [5, 7, channels]
    let picture = Tensor((0..<shape.count).map { UInt8($0 * 37 % 256) }, shape: shape)
    try withTemporaryFolder { folder in
      try PNG.write(picture, to: folder + "/p.png")
      #expect(try PNG.read(folder + "/p.png") == picture)
    }
  }

  @Test func saysWhatIsWrong() throws {
    let bytes = try FileBytes.read(golden("grey8.png"))
    func fault(_ bytes: [UInt8]) throws -> String {
      try sentence { try PNG.decode(bytes, file: "p.png") }
    }
    #expect(
      try fault([0xFF, 0xD8, 0xFF])
        == "p.png, byte 0: expected a PNG picture (89 50 4e 47 0d 0a 1a 0a), got ff d8 ff")
    let chunk = "expected a whole chunk of a PNG picture, the last one IEND, got"
    #expect(
      try fault(Array(bytes[..<20])) == "p.png, byte 8: \(chunk) 12 bytes up to the end of the file"
    )
    let end = bytes.count - 12
    for count in [end, bytes.count - 1] {
      #expect(
        try fault(Array(bytes[..<count]))
          == "p.png, byte \(end): \(chunk) \(count - end) bytes up to the end of the file")
    }
    var wrong = bytes
    wrong[29] ^= 1
    #expect(try fault(wrong).hasPrefix("p.png: expected a whole PNG picture, got a damaged one ("))
    #expect(
      try sentence { try PNG.encode(Tensor(zeros: TensorType([2, 2, 2], .uint8))) }
        == "PNG picture: expected uint8 pixels [height, width, 1, 3 or 4], got uint8[2, 2, 2]")
    #expect(throws: FormatError.self) { try PNG.encode(Tensor(zeros: TensorType([0, 2], .uint8))) }
    #expect(throws: FormatError.self) { try PNG.encode(Tensor(zeros: TensorType([2, 2]))) }
  }

  /// libpng would take the 2 GiB that the chunk claims.
  @Test func refusesAChunkThatIsLongerThanTheFile() throws {
    let bytes = try FileBytes.read(golden("grey8.png"))
    let claim = Array(bytes[..<33]) + [0x7F, 0xFF, 0xFF, 0xFF] + "tEXt".utf8 + [0, 0, 0, 0, 0, 0]
    #expect(
      try sentence { try PNG.decode(claim, file: "p.png") }
        == "p.png, byte 33: expected a whole chunk of a PNG picture, the last one IEND, got 14 bytes up to "
        + "the end of the file")
  }

  @Test(arguments: ["grey8", "palette-alpha", "colour"])
  func damagedFilesNeverCrash(name: String) throws {
    let bytes = try FileBytes.read(golden(name + ".png"))
    #expect(refusals(of: bytes, seed: 6) { try PNG.decode($0, file: "x") } > 1000)
  }
}
