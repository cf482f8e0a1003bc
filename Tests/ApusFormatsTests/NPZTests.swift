import ApusFormats
import ApusTensors
import Testing

@Suite struct NPZTests {
  @Test func readsWhatNumPyWrites() throws {
    let stored = try NPZ.read(golden("stored.npz"))
    #expect(stored.map(\.name) == ["a", "b"])
    #expect(stored[0].tensor == Tensor([1, 2, 3] as [Int64]))
    #expect(stored[1].tensor == Tensor([0.5] as [Float], shape: [1, 1]))
    let deflated = try NPZ.read(golden("deflated.npz"))
    #expect(deflated.map(\.name) == ["ones", "flag"])
    #expect(deflated[0].tensor == Tensor([Float](repeating: 1, count: 400), shape: [4, 100]))
    #expect(deflated[1].tensor == Tensor(true))
  }

  @Test(arguments: [false, true])
  func writingAndReadingKeepsNamesOrderAndNumbers(compressing: Bool) throws {
    let tensors: [(name: String, tensor: Tensor)] = [
      ("z", Tensor((0..<1000).map { Float($0 % 7) }, shape: [10, 100])),
      ("größe", Tensor([true, false])), ("leer", Tensor(zeros: TensorType([0]))),
    ]
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      try NPZ.write(tensors, to: path, compressing: compressing)
      let read = try NPZ.read(path)
      #expect(read.map(\.name) == tensors.map(\.name))
      #expect(read.map(\.tensor) == tensors.map(\.tensor))
      #expect(try (FileBytes.read(path).count < 4000) == compressing)
    }
  }

  @Test func memoryIsTakenOnlyWithinTheLimit() throws {
    try withTemporaryFolder { folder in
      let zeros = Tensor(zeros: TensorType([1 << 20], .uint8))
      try NPZ.write([("a", zeros), ("b", zeros)], to: folder + "/z", compressing: true)
      let bytes = try FileBytes.read(folder + "/z")
      #expect(bytes.count < 5000)
      let size = (1 << 20) + 128
      #expect(try NPZ.decode(bytes, file: "z", byteLimit: 2 * size).count == 2)
      let text = try sentence { try NPZ.decode(bytes, file: "z", byteLimit: 2 * size - 1) }
      #expect(text.hasPrefix("z (b.npy), byte "))
      #expect(
        text.hasSuffix(
          "expected at most \(size - 1) bytes of numbers, got \(size) bytes, unpacked"))
    }
  }

  @Test func saysWhatIsWrong() throws {
    let bytes = try FileBytes.read(golden("deflated.npz"))
    func fault(_ change: (inout [UInt8]) -> Void) throws -> String {
      var changed = bytes
      change(&changed)
      return try sentence { try NPZ.decode(changed, file: "a.npz") }
    }
    #expect(
      try fault { $0.removeLast(30) }
        == "a.npz, byte \(bytes.count - 30): expected the end of a zip archive (50 4b 05 06), "
        + "got none"
    )
    #expect(
      try fault { $0[0] = 0 }
        == "a.npz, byte 0: expected the header of ones.npy (50 4b 03 04), got 00 4b 03 04")
    #expect(try fault { $0[70] ^= 0x40 }.hasPrefix("a.npz (ones.npy), byte"))
    #expect(
      try sentence {
        try NPZ.write([("a", Tensor(true)), ("a", Tensor(true))], to: "/nowhere/x")
      } == "/nowhere/x: expected each name once, got a again")
  }

  @Test(arguments: ["stored", "deflated"])
  func damagedFilesNeverCrash(name: String) throws {
    let bytes = try FileBytes.read(golden(name + ".npz"))
    #expect(refusals(of: bytes, seed: 4) { try NPZ.decode($0, file: "x") } > 1000)
  }
}
