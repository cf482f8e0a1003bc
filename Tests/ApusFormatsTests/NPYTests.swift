import ApusFormats
import ApusTensors
import Testing

@Suite struct NPYTests {
  @Test func readsWhatNumPyWrites() throws {
    func read(_ name: String) throws -> Tensor { try NPY.read(golden(name + ".npy")) }
    #expect(try read("matrix") == Tensor([0, 0.5, 1, 1.5, 2, 2.5] as [Float], shape: [2, 3]))
    #expect(try read("vector") == Tensor([1, -2, 3] as [Int64]))
    #expect(try read("fortran") == Tensor((0..<24).map { Int32($0) }, shape: [2, 3, 4]))
    #expect(try read("big-endian") == Tensor([1.5, -2]))
    #expect(try read("version2") == Tensor([true, false, true]))
    #expect(try read("version3") == Tensor(Int64(7)))
    #expect(
      try read("half") == Tensor([1.5, -0.099975586, 5.9604645e-8, .infinity, 65504] as [Float]))
    #expect(try read("shorts") == Tensor([-1, 300] as [Int32]))
    #expect(try read("empty") == Tensor(zeros: TensorType([0, 3], .uint8)))
  }

  @Test func writesWhatNumPyWrites() throws {
    for name in ["matrix", "vector", "empty"] {
      let bytes = try FileBytes.read(golden(name + ".npy"))
      #expect(try NPY.encode(NPY.decode(bytes, file: name)) == bytes)
    }
  }

  @Test func writingAndReadingKeepsEveryType() throws {
    try withTemporaryFolder { folder in
      for dataType in DataType.allCases {
        let tensor = Tensor([1, 0, 1, 1, 0, 0] as [UInt8], shape: [3, 2]).converted(to: dataType)
        try NPY.write(tensor, to: folder + "/a.npy")
        let expected = dataType == .bfloat16 ? tensor.converted(to: .float32) : tensor
        #expect(try NPY.read(folder + "/a.npy") == expected)
      }
      #expect(names(in: folder) == ["a.npy"])
    }
  }

  @Test func saysWhatIsWrong() throws {
    #expect(
      try sentence { try NPY.read(golden("complex.npy")) }.hasSuffix(
        "expected a kind of number such as <f4, <i8 or |u1, got '<c16'"))
    #expect(
      try sentence { try NPY.read(golden("record.npy")) }.contains(
        "byte 20: expected a quoted text, got '[('a', '<i4'"))
    let bytes = try FileBytes.read(golden("matrix.npy"))
    func fault(_ change: (inout [UInt8]) -> Void) throws -> String {
      var changed = bytes
      change(&changed)
      return try sentence { try NPY.decode(changed, file: "m.npy") }
    }
    #expect(
      try fault { $0.removeLast(2) }
        == "m.npy, byte 128: expected 24 bytes of numbers of shape [2, 3], "
        + "got a file with at most 22 more"
    )
    #expect(
      try fault { $0.append(0) }
        == "m.npy, byte 152: expected the end of the file after the numbers of shape [2, 3], "
        + "got more bytes"
    )
    #expect(
      try fault { $0[0] = 0 }
        == "m.npy, byte 0: expected the magic string of an npy file (93 4e 55 4d 50 59), "
        + "got 00 4e 55 4d 50 59"
    )
    #expect(try fault { $0[6] = 9 } == "m.npy, byte 0: expected version 1, 2 or 3 of npy, got 9")
    #expect(
      try fault { $0[10] = UInt8(ascii: "[") }
        == "m.npy, byte 10: expected { in the header, got '['descr': '<'")
  }

  @Test func memoryIsTakenOnlyWithinTheLimit() throws {
    let bytes = NPY.encode(Tensor([1, 2, 3] as [Int32]))
    #expect(try NPY.decode(bytes, file: "x", byteLimit: 12).count == 3)
    #expect(
      try sentence { try NPY.decode(bytes, file: "x", byteLimit: 11) }
        == "x, byte 128: expected at most 11 bytes of numbers, got 12 bytes, int32[3]")
  }

  @Test func truthValuesAreZeroOrOne() throws {
    var bytes = try FileBytes.read(golden("version2.npy"))
    bytes[bytes.count - 1] = 7
    #expect(
      try sentence { try NPY.decode(bytes, file: "b.npy") }
        == "b.npy, byte 128: expected truth values 0 and 1, got 7 as number 2 of 3")
  }

  @Test(arguments: ["matrix", "fortran", "version2", "half"])
  func damagedFilesNeverCrash(name: String) throws {
    let bytes = try FileBytes.read(golden(name + ".npy"))
    #expect(refusals(of: bytes, seed: 3) { try NPY.decode($0, file: "x") } > 500)
  }
}
