import ApusFormats
import ApusTensors
import Testing

@Suite struct ChecksumTests {
  @Test func checksumIsZlibs() {
    func checksum(_ text: String) -> UInt32 {
      var checksum = Checksum()
      checksum.add(text)
      return checksum.value
    }
    // python3 -c 'import zlib; print(hex(zlib.crc32(b"…")))'
    #expect(checksum("") == 0)
    #expect(checksum("123456789") == 0xCBF4_3926)
    #expect(checksum("The quick brown fox jumps over the lazy dog") == 0x414F_A339)
    var split = Checksum()
    for part in ["The quick br", "own", " fox jumps over the lazy dog"] { split.add(part) }
    #expect(split.value == 0x414F_A339)
  }

  /// What is written part by part has the checksum of the whole.
  @Test func partsHaveTheSumOfTensors() throws {
    let tensors = [("b", Tensor([1, 2, 3] as [Float])), ("a", Tensor([7] as [Int64]))]
      .map { (name: $0.0, tensor: $0.1) }
    var checksum = Checksum()
    try checksum.add(tensors.map { Safetensors.Part(name: $0.name, tensor: $0.tensor) })
    #expect(checksum.value == Checksum.of(tensors))
    #expect(checksum.value != Checksum.of([tensors[0]]))
  }
}
