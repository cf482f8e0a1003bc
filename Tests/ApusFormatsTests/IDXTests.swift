import ApusFormats
import ApusTensors
import Testing

@Suite struct IDXTests {
  let plain: [UInt8] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]
  let tensor = Tensor([1, 2, 3, 4, 5, 6] as [UInt8], shape: [2, 3])

  @Test func readsPlainAndGzipped() throws {
    #expect(try IDX.decode(plain, file: "x") == tensor)
    #expect(try IDX.read(golden("bytes.idx.gz")) == tensor)
    #expect(try IDX.decode(Deflate.gzip(plain), file: "x") == tensor)
  }

  @Test func readsGzipOfSeveralMembers() throws {
    let bytes = Deflate.gzip(Array(plain[..<7])) + Deflate.gzip(Array(plain[7...]))
    #expect(try IDX.decode(bytes, file: "x") == tensor)
  }

  @Test func readsEveryKindOfNumber() throws {
    func read(_ code: UInt8, _ numbers: [UInt8]) throws -> Tensor {
      let size: [UInt8: Int] = [8: 1, 9: 1, 0xB: 2, 0xC: 4, 0xD: 4, 0xE: 8]
      let count = UInt8(numbers.count / size[code, default: 1])
      return try IDX.decode([0, 0, code, 1, 0, 0, 0, count] + numbers, file: "x")
    }
    #expect(try read(9, [255, 7]) == Tensor([-1, 7] as [Int32]))
    #expect(try read(0xB, [255, 254, 1, 0]) == Tensor([-2, 256] as [Int32]))
    #expect(try read(0xC, [0, 1, 0, 0]) == Tensor([65536] as [Int32]))
    #expect(try read(0xD, [0x3F, 0xC0, 0, 0]) == Tensor([1.5] as [Float]))
    #expect(try read(0xE, [0xC0, 0, 0, 0, 0, 0, 0, 0]) == Tensor([-2.0]))
  }

  @Test func writesWhatItReads() throws {
    #expect(IDX.encode(tensor) == plain)
    let doubles = Tensor([1.5, -2, 1e300])
    #expect(try IDX.decode(IDX.encode(doubles), file: "x") == doubles)
  }

  @Test func saysWhatIsWrong() throws {
    func fault(_ bytes: [UInt8]) throws -> String {
      try sentence { try IDX.decode(bytes, file: "t.idx") }
    }
    #expect(
      try fault([])
        == "t.idx, byte 0: expected 4 bytes of an IDX magic number, got a file with at most 0 more")
    #expect(
      try fault([0x89, 0x50, 0x4E, 0x47, 0])
        == "t.idx, byte 0: expected the magic number of an IDX file (00 00, type 08…0e, axes), "
        + "got 89 50 4e 47"
    )
    #expect(
      try fault([0, 0, 8, 9] + plain)
        == "t.idx, byte 0: expected 1 to 8 axes, got 9")
    #expect(
      try fault(Array(plain.dropLast()))
        == "t.idx, byte 12: expected 6 bytes of numbers of shape [2, 3], "
        + "got a file with at most 5 more"
    )
    #expect(
      try fault(plain + [0])
        == "t.idx, byte 18: expected the end of the file after the numbers of shape [2, 3], "
        + "got more bytes"
    )
    let huge: [UInt8] = [0, 0, 14, 3] + [UInt8](repeating: 0xFF, count: 12)
    #expect(try fault(huge).contains("expected extents whose product is a size, got [4294967295"))
  }

  @Test func saysWhatIsWrongWithTheCompression() throws {
    let packed = Deflate.gzip(plain)
    func fault(_ bytes: [UInt8]) throws -> String {
      try sentence { try IDX.decode(bytes, file: "t.gz") }
    }
    #expect(
      try fault(Array(packed.dropLast(3)))
        == "t.gz, byte \(packed.count - 3): expected more gzip data, got the end of the file")
    // As where it was copied in blocks.
    #expect(try IDX.decode(packed + [UInt8](repeating: 0, count: 1 << 18), file: "t.gz").count > 0)
    #expect(
      try fault(packed + [0, 0, 2])
        == "t.gz, byte \(packed.count + 2): expected the end of the compressed data, got 1 more bytes"
    )
    #expect(
      try fault(packed + [1, 2])
        == "t.gz, byte \(packed.count): expected the end of the compressed data, got 2 more bytes")
    var damaged = packed
    damaged[packed.count - 6] ^= 1
    #expect(
      try fault(damaged)
        == "t.gz, byte \(packed.count - 4): expected more gzip data, "
        + "got damaged data (incorrect data check)"
    )
    #expect(
      try fault(Deflate.gzip(plain + [9])).hasSuffix(
        "byte 18 of the uncompressed data: expected the end of the file after the numbers of shape "
          + "[2, 3], got more bytes"))
    #expect(
      try fault(Deflate.gzip(Array(plain.dropLast())))
        == "t.gz, byte 17 of the uncompressed data: expected 6 bytes of numbers of shape [2, 3], "
        + "got the end of the file after 5")
    let greedy: [UInt8] = [0, 0, 8, 2, 0x20, 0, 0, 0, 0x20, 0, 0, 0]
    #expect(
      try fault(Deflate.gzip(greedy)).contains(
        "bytes of numbers of shape [536870912, 536870912], got a file with at most"))
  }

  @Test func memoryIsTakenOnlyWithinTheLimit() throws {
    // 2 KB of gzip that hold 2 MiB of zeros, and as signed bytes widen to 8 MiB.
    for (code, name, size) in [(0x08, "uint8", 1 << 21), (0x09, "int32", 1 << 23)] {
      let bytes = [0, 0, UInt8(code), 1, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 1 << 21)
      let packed = Deflate.gzip(bytes)
      #expect(packed.count < 4000)
      #expect(try IDX.decode(packed, file: "h.gz", byteLimit: size).count == 1 << 21)
      #expect(
        try sentence { try IDX.decode(packed, file: "h.gz", byteLimit: size - 1) }
          == "h.gz, byte 8 of the uncompressed data: expected at most \(size - 1) bytes "
          + "of numbers, got \(size) bytes, \(name)[2097152]")
    }
  }

  @Test func missingFilesAreNamed() throws {
    #expect(
      try sentence { try IDX.read("/nowhere/x.idx") }
        == "cannot read /nowhere/x.idx: No such file or directory")
    #expect(try sentence { try IDX.read("/tmp") } == "cannot read /tmp: Is a directory")
  }

  @Test func damagedFilesNeverCrash() {
    #expect(refusals(of: plain, seed: 1) { try IDX.decode($0, file: "x") } > 1000)
    #expect(refusals(of: Deflate.gzip(plain), seed: 2) { try IDX.decode($0, file: "x") } > 1000)
  }
}
