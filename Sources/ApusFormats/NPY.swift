import ApusTensors

/// NumPy's format for one array: a magic string, a header in Python's notation, the numbers.
///
/// Reads versions 1 to 3, little and big endian, in C and Fortran order; `float16` becomes
/// `float32` and the short integers become `int32` or `int64`. Complex numbers, `uint64`, texts,
/// records and objects are refused. Writes version 1, little endian, in C order; `bfloat16`, which
/// NumPy does not have, is written as `float32`.
///
/// Reference: NumPy, "NEP 1: A simple file format for NumPy arrays".
public enum NPY {
  static let headerLimit = 1 << 20
  static let axisLimit = 64

  /// The array in a file, if its numbers take at most `byteLimit` bytes of memory.
  public static func read(
    _ path: String, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> Tensor {
    try read(from: RangeSource(OpenFile.open(path)), byteLimit: byteLimit)
  }

  /// The array in the bytes of a file; errors call it `file`.
  public static func decode(
    _ bytes: [UInt8], file: String, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> Tensor {
    try read(from: RangeSource(MemoryBytes(bytes, file: file)), byteLimit: byteLimit)
  }

  /// Writes `tensor` so that `numpy.load` reads it.
  public static func write(_ tensor: Tensor, to path: String) throws(FormatError) {
    let tensor = storable(tensor)
    try AtomicFile.write(to: path) { (writer) throws(FormatError) in
      try writer.write(header(of: tensor.type))
      let result = tensor.withBytes { bytes in
        Result { () throws(FormatError) in try writer.write(bytes) }
      }
      try result.get()
    }
  }

  /// The bytes of a file that holds `tensor`.
  public static func encode(_ tensor: Tensor) -> [UInt8] {
    let tensor = storable(tensor)
    return header(of: tensor.type) + tensor.withBytes { Array($0) }
  }

  private static func storable(_ tensor: Tensor) -> Tensor {
    tensor.dataType == .bfloat16 ? tensor.converted(to: .float32) : tensor
  }

  /// Magic, version, length and text, padded so that the numbers begin at a multiple of 64.
  private static func header(of type: TensorType) -> [UInt8] {
    let descriptions: [DataType: String] = [
      .float32: "<f4", .float64: "<f8", .int32: "<i4", .int64: "<i8", .uint8: "|u1", .bool: "|b1",
    ]
    let extents = type.shape.extents
    let shape = extents.map(String.init).joined(separator: ", ") + (extents.count == 1 ? "," : "")
    let text =
      "{'descr': '\(descriptions[type.dataType, default: ""])', 'fortran_order': False, "
      + "'shape': (\(shape)), }"
    let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
    let padding = String(repeating: " ", count: length - text.utf8.count - 1) + "\n"
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array((text + padding).utf8)
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  private static func read(
    from source: RangeSource, byteLimit: Int
  ) throws(FormatError) -> Tensor {
    let start = source.place
    let opening = try source.bytes(8, of: "an npy magic string")
    guard Array(opening[..<6]) == magic else {
      throw FormatError(
        source.file, start, expected: "the magic string of an npy file (93 4e 55 4d 50 59)",
        actual: hexadecimal(opening[..<6]))
    }
    guard 1...3 ~= opening[6] else {
      throw FormatError(
        source.file, start, expected: "version 1, 2 or 3 of npy", actual: "\(opening[6])")
    }
    let lengthBytes = try source.bytes(opening[6] == 1 ? 2 : 4, of: "the header's length")
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= headerLimit else {
      throw FormatError(
        source.file, start, expected: "a header of at most \(headerLimit) bytes",
        actual: "\(length)")
    }
    let offset = 8 + lengthBytes.count
    let header = try NPYHeader(
      source.bytes(length, of: "the header"), file: source.file, offset: offset)
    let stored = header.isFortranOrder ? Shape(header.shape.extents.reversed()) : header.shape
    let tensor = try header.number.tensor(
      of: stored, isBigEndian: header.isBigEndian, from: source, byteLimit: byteLimit)
    try source.requireEnd(after: "the numbers of shape \(header.shape)")
    return header.isFortranOrder ? transposed(tensor) : tensor
  }

  /// The tensor with its axes in the opposite order.
  private static func transposed(_ tensor: Tensor) -> Tensor {
    let shape = Shape(tensor.shape.extents.reversed())
    let size = tensor.dataType.byteCount
    let strides = Array(tensor.shape.strides.reversed())
    return Tensor(TensorType(shape, tensor.dataType)) { target in
      tensor.withBytes { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        var position = [Int](repeating: 0, count: shape.rank)
        var offset = 0
        for index in 0..<shape.count {
          (to + index * size).copyMemory(from: from + offset * size, byteCount: size)
          for axis in (0..<shape.rank).reversed() {
            position[axis] += 1
            offset += strides[axis]
            if position[axis] < shape[axis] { break }
            offset -= position[axis] * strides[axis]
            position[axis] = 0
          }
        }
      }
    }
  }
}
