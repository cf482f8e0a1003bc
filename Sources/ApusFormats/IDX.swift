import ApusTensors

/// The format of MNIST's files: a magic number, big-endian extents, numbers.
///
/// Byte 2 is the kind of number, byte 3 the number of axes; then one 32-bit extent for each axis,
/// then the numbers row by row. Signed bytes and shorts become `int32`. A file may be gzipped; its
/// first bytes tell, not its name.
///
/// Reference: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", the format's page.
public enum IDX {
  /// The most axes a file may have.
  static let axisLimit = 8

  /// The tensor in a file.
  ///
  /// - Parameter byteLimit: the most memory the numbers may take.
  /// - Throws: `FormatError` where the file is missing, a pipe, is no IDX file, is shorter or longer than
  ///   its header says, or its numbers pass the limit.
  public static func read(
    _ path: String, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> Tensor {
    try read(OpenFile.open(path, acceptsPipes: false), byteLimit: byteLimit)
  }

  /// The tensor in the bytes of a file; errors call it `file`.
  ///
  /// - Parameter byteLimit: the most memory the numbers may take.
  public static func decode(
    _ bytes: [UInt8], file: String, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> Tensor {
    try read(MemoryBytes(bytes, file: file), byteLimit: byteLimit)
  }

  /// The bytes of a file that holds `tensor`, of `uint8`, `int32`, `float32` or `float64`.
  ///
  /// - Precondition: the type is one of these and there are 1 to 8 axes shorter than 2³².
  public static func encode(_ tensor: Tensor) -> [UInt8] {
    let codes: [DataType: UInt8] = [.uint8: 0x08, .int32: 0x0C, .float32: 0x0D, .float64: 0x0E]
    precondition(
      codes[tensor.dataType] != nil && 1...axisLimit ~= tensor.shape.rank,
      "IDX holds no \(tensor.type)")
    var bytes: [UInt8] = [0, 0, codes[tensor.dataType, default: 0], UInt8(tensor.shape.rank)]
    for extent in tensor.shape.extents {
      bytes += withUnsafeBytes(of: UInt32(extent).bigEndian, Array.init)
    }
    let size = tensor.dataType.byteCount
    tensor.withBytes { memory in
      for number in stride(from: 0, to: memory.count, by: size) {
        bytes += memory[number..<number + size].reversed()
      }
    }
    return bytes
  }

  private static func read(
    _ stored: any StoredBytes, byteLimit: Int
  ) throws(FormatError) -> Tensor {
    let plain = RangeSource(stored)
    let start = try stored.bytes(0..<min(2, stored.count))
    guard start == [0x1F, 0x8B] else { return try read(from: plain, byteLimit: byteLimit) }
    return try read(from: InflateSource(plain, .gzip), byteLimit: byteLimit)
  }

  private static func read(
    from source: some ByteSource, byteLimit: Int
  ) throws(FormatError) -> Tensor {
    let start = source.place
    let magic = try source.bytes(4, of: "an IDX magic number")
    guard magic[0] == 0, magic[1] == 0, let number = kinds[magic[2]] else {
      throw FormatError(
        source.file, start, expected: "the magic number of an IDX file (00 00, type 08…0e, axes)",
        actual: hexadecimal(magic))
    }
    let rank = Int(magic[3])
    guard 1...axisLimit ~= rank else {
      throw FormatError(
        source.file, start, expected: "1 to \(axisLimit) axes", actual: "\(rank)")
    }
    let header = try source.bytes(4 * rank, of: "\(rank) extents")
    let extents = (0..<rank).map { axis in
      header[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard let shape = Shape(checking: extents) else {
      throw FormatError(
        source.file, start, expected: "extents whose product is a size", actual: "\(extents)")
    }
    let tensor = try number.tensor(
      of: shape, isBigEndian: true, from: source, byteLimit: byteLimit)
    try source.requireEnd(after: "the numbers of shape \(shape)")
    return tensor
  }

  private static let kinds: [UInt8: StoredNumber] = [
    0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
  ]
}

/// A byte as two hexadecimal digits.
func hexadecimal(_ byte: UInt8) -> String {
  (byte < 16 ? "0" : "") + String(byte, radix: 16)
}

/// Bytes as pairs of digits, with blanks between them.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map(hexadecimal).joined(separator: " ")
}
