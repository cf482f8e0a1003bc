import ApusFormats
import ApusTensors
import Glibc
import Testing

@Suite struct SafetensorsTests {
  /// A file put together by hand from the format's description.
  func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + data
  }

  @Test func readsEveryType() throws {
    let header = """
      {"__metadata__":{"format":"pt"},"h":{"dtype":"F16","shape":[1],"data_offsets":[4,6]},\
      "f":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},\
      "b":{"dtype":"BF16","shape":[1],"data_offsets":[6,8]},\
      "t":{"dtype":"BOOL","shape":[2],"data_offsets":[8,10]},\
      "e":{"dtype":"I64","shape":[0,5],"data_offsets":[10,10]},\
      "s":{"dtype":"I8","shape":[],"data_offsets":[10,11]}}
      """
    let contents = try Safetensors.decode(
      file(header, [0, 0, 0xC0, 0x3F, 0, 0xC0, 0x80, 0x3F, 1, 0, 0xFF]), file: "x")
    #expect(contents.tensors.map(\.name) == ["f", "h", "b", "t", "e", "s"])
    #expect(contents["f"] == Tensor([1.5] as [Float], shape: [1, 1]))
    #expect(contents["h"] == Tensor([-2] as [Float]))
    #expect(contents["b"] == Tensor([BFloat16(1)]))
    #expect(contents["t"] == Tensor([true, false]))
    #expect(contents["e"] == Tensor(zeros: TensorType([0, 5], .int64)))
    #expect(contents["s"] == Tensor(Int32(-1)))
    #expect(contents.metadata == ["format": "pt"])
  }

  /// A pipe that nobody writes to would be waited for.
  @Test func refusesPipes() throws {
    try withTemporaryFolder { folder in
      let pipe = folder + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      for read in [{ _ = try Safetensors.read(pipe) }, { _ = try IDX.read(pipe) }] {
        let error = #expect(throws: FormatError.self) { try read() }
        #expect(error?.description == "\(pipe): expected a file, got something else")
      }
    }
  }

  /// `/dev/zero` has no end.
  @Test func refusesDevices() {
    let device = "/dev/zero"
    let readers: [(expected: String, read: () throws -> Void)] = [
      ("a file", { _ = try Safetensors.read(device) }),
      ("a file", { _ = try PNG.read(device) }),
      ("a file or a pipe", { _ = try FileBytes.read(device) }),
      ("a file, a folder or a pipe", { _ = try PipeSource.open(device) }),
    ]
    for (expected, read) in readers {
      let error = #expect(throws: FormatError.self) { try read() }
      #expect(error?.description == "\(device): expected \(expected), got a device")
    }
  }

  @Test func cutsLongNamesShort() {
    let name = String(repeating: "a", count: 100_000)
    for header in [
      "{\"\(name)\":1}", "{\"\(name)\":1,\"\(name)\":2}", "{\"__metadata__\":{\"\(name)\":1}}",
    ] {
      let error = #expect(throws: FormatError.self) {
        try Safetensors.decode(file(header), file: "x")
      }
      #expect((error?.description.count ?? .max) < 200)
    }
  }

  @Test func writingIsExactAndSorted() throws {
    try withTemporaryFolder { folder in
      let tensors: [(name: String, tensor: Tensor)] = [
        ("b\"", Tensor([7] as [UInt8])), ("z", Tensor([1.5] as [Float])),
        ("a", Tensor([1] as [Int32])),
      ]
      try Safetensors.write(tensors, metadata: ["y": "2", "x": "1"], to: folder + "/a")
      try Safetensors.write(tensors.reversed(), metadata: ["x": "1", "y": "2"], to: folder + "/b")
      let bytes = try FileBytes.read(folder + "/a")
      #expect(try FileBytes.read(folder + "/b") == bytes)
      let header = """
        {"__metadata__":{"x":"1","y":"2"},"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},\
        "z":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},\
        "b\\"":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}
        """
      let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
      #expect(bytes == file(padded, [1, 0, 0, 0, 0, 0, 0xC0, 0x3F, 7]))
      let reader = try SafetensorsFile(folder + "/a")
      #expect(reader.names == ["a", "z", "b\""])
      #expect(reader.type(of: "z") == TensorType([1]))
      #expect(try reader.tensor("b\"") == Tensor([7] as [UInt8]))
      #expect(reader.type(of: "none") == nil)
    }
  }

  @Test(arguments: DataType.allCases)
  func writingAndReadingKeepsEveryBit(dataType: DataType) throws {
    let tensor = Tensor([1, 0, 1] as [UInt8]).converted(to: dataType)
    try withTemporaryFolder { folder in
      try Safetensors.write([("x", tensor)], to: folder + "/w")
      #expect(try #require(Safetensors.read(folder + "/w")["x"]).hasSameBits(as: tensor))
    }
  }

  @Test(arguments: [
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      "byte 62: expected each name once, got \"a\" again"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
      "byte 62: expected tensors one after the other, got b at byte 117 where 119 is next"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      "byte 9: expected tensors one after the other, got a at byte 66 where 62 is next"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      "byte 66: expected the end of the file after the last tensor, got 4 more bytes"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#,
      "byte 9: expected two offsets in order within 8 bytes of data for a, got [0, 12]"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1,2,3,4,5,6,7,[8]]}}"#,
      "byte 9: expected two offsets in order within 8 bytes of data for a, "
        + "got [0, 1, 2, 3, 4, 5, 6, 7, …]"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1,"x"],"data_offsets":[0,4]}}"#,
      "byte 9: expected a shape of at most 64 extents whose product is a size for a, "
        + "got [1, a text]"
    ),
    (
      #"{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}"#,
      "byte 9: expected a data type of BF16, BOOL, F16, F32, F64, I16, I32, I64, I8, U16, U32, U8 "
        + "for a, got 7"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1]}}"#,
      "byte 9: expected an object of dtype, shape and data_offsets for a, got one of dtype, shape"
    ),
    (
      #"{"a":[1]}"#,
      "byte 9: expected an object of dtype, shape and data_offsets for a, got [1]"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#,
      "byte 9: expected 4 bytes, as F32 [1] takes for a, got 8"
    ),
    (
      #"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#,
      "byte 9: expected a data type of BF16, BOOL, F16, F32, F64, I16, I32, I64, I8, U16, U32, U8 "
        + "for a, got F8_E4M3"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#,
      "byte 9: expected a shape of at most 64 extents whose product is a size for a, "
        + "got [4611686018427387904, 4]"
    ),
    (#"{"__metadata__":{"x":1}}"#, "byte 25: expected a text for x, got the number 1"),
    (#"[]"#, "byte 8: expected a JSON object, got a list"),
    (#"{"a":"#, "byte 13: expected a JSON value, got the end"),
  ])
  func saysWhatIsWrong(header: String, fault: String) throws {
    let bytes = file(header, [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try sentence { try Safetensors.decode(bytes, file: "w") } == "w, \(fault)")
  }

  @Test func headersAreBounded() throws {
    #expect(
      try sentence {
        try Safetensors.decode([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], file: "w")
      }
        == "w, byte 0: expected the header's length, at most 0, got 18446744073709551615")
    #expect(
      try sentence { try Safetensors.decode([1], file: "w") }
        == "w: expected a safetensors file, at least 8 bytes, got 1")
    let deep = String(repeating: "[", count: 100_000)
    #expect(
      try sentence { try Safetensors.decode(file(deep), file: "w") }.contains(
        "expected at most 32 levels"))
  }

  @Test func memoryIsTakenOnlyWithinTheLimit() throws {
    let header = """
      {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},\
      "b":{"dtype":"F16","shape":[2],"data_offsets":[4,8]}}
      """
    let bytes = file(header, [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try Safetensors.decode(bytes, file: "w", byteLimit: 12).tensors.count == 2)
    #expect(
      try sentence { try Safetensors.decode(bytes, file: "w", byteLimit: 11) }
        == "w: expected at most 11 bytes of numbers, got 12 bytes, 2 tensors")
    try withTemporaryFolder { folder in
      try AtomicFile.write(bytes, to: folder + "/w")
      let reader = try SafetensorsFile(folder + "/w")
      #expect(try reader.tensor("b", byteLimit: 8).count == 2)
      #expect(
        try sentence { try reader.tensor("b", byteLimit: 7) }.hasSuffix(
          "expected at most 7 bytes of numbers, got 8 bytes, float32[2]"))
    }
  }

  @Test func damagedFilesNeverCrash() throws {
    let header =
      #"{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"BOOL","shape":[2],"data_offsets":[8,10]}}"#
    let bytes = file(header, [1, 2, 3, 4, 5, 6, 7, 8, 0, 1])
    #expect(refusals(of: bytes, seed: 5) { try Safetensors.decode($0, file: "x") } > 1500)
  }
}
