import ApusTensors

/// A kind of number as files store it; those no tensor holds are widened when they are read.
enum StoredNumber {
  case uint8, int8, uint16, int16, uint32, int32, int64, float16, bfloat16, float32, float64, bool

  /// The bytes one takes in a file.
  var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// The type of a tensor that holds every such number exactly.
  var dataType: DataType {
    switch self {
    case .uint8: .uint8
    case .int8, .uint16, .int16, .int32: .int32
    case .uint32, .int64: .int64
    case .bfloat16: .bfloat16
    case .float16, .float32: .float32
    case .float64: .float64
    case .bool: .bool
    }
  }

  /// The tensor the next bytes of `source` are.
  ///
  /// Memory is taken only where the source can hold so many bytes and the tensor has at most
  /// `byteLimit`. A `bool` must be 0 or 1.
  func tensor(
    of shape: Shape, isBigEndian: Bool = false, from source: some ByteSource, byteLimit: Int
  ) throws(FormatError) -> Tensor {
    let content = "numbers of shape \(shape)"
    let type = TensorType(shape, dataType)
    let size = shape.count * byteCount
    try source.require(size, of: content)
    try ByteLimit.check(
      type.byteCount, of: "\(type)", within: byteLimit, source.file, source.place)
    if byteCount != dataType.byteCount || self == .float16 {
      let bytes = try source.bytes(size, of: content)
      return widened(bytes, shape, isBigEndian: isBigEndian)
    }
    let start = source.place
    let tensor = try Tensor(type) { (memory) throws(FormatError) in
      try source.fill(memory, with: content)
      if isBigEndian { Self.swapBytes(of: memory, each: byteCount) }
      if self == .bool, let wrong = memory.firstIndex(where: { $0 > 1 }) {
        throw FormatError(
          source.file, start, expected: "truth values 0 and 1",
          actual: "\(memory[wrong]) as number \(wrong) of \(shape.count)")
      }
    }
    return tensor
  }

  private func widened(_ bytes: [UInt8], _ shape: Shape, isBigEndian: Bool) -> Tensor {
    func number(_ index: Int) -> UInt32 {
      (0..<byteCount).reduce(0) { value, byte in
        let place = isBigEndian ? byte : byteCount - 1 - byte
        return value << 8 | UInt32(bytes[index * byteCount + place])
      }
    }
    let indices = 0..<shape.count
    switch self {
    case .int8:
      return Tensor(bytes.map { Int32(Int8(bitPattern: $0)) }, shape: shape)
    case .int16:
      return Tensor(
        indices.map { Int32(Int16(truncatingIfNeeded: number($0))) }, shape: shape)
    case .uint16: return Tensor(indices.map { Int32(number($0)) }, shape: shape)
    case .uint32: return Tensor(indices.map { Int64(number($0)) }, shape: shape)
    case .float16:
      return Tensor(
        indices.map { Self.float(half: UInt16(truncatingIfNeeded: number($0))) }, shape: shape)
    default: preconditionFailure("\(self) needs no widening")
    }
  }

  /// The number with the bits of an IEEE half.
  static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0: return Float(bitPattern: sign | (Float(fraction) * 0x1p-24).bitPattern)
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  private static func swapBytes(of memory: UnsafeMutableRawBufferPointer, each size: Int) {
    switch size {
    case 2: for i in memory.bindMemory(to: UInt16.self).indices { memory.swapBytes(UInt16.self, i) }
    case 4: for i in memory.bindMemory(to: UInt32.self).indices { memory.swapBytes(UInt32.self, i) }
    case 8: for i in memory.bindMemory(to: UInt64.self).indices { memory.swapBytes(UInt64.self, i) }
    default: break
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate func swapBytes<Word: FixedWidthInteger & BitwiseCopyable>(_: Word.Type, _ index: Int)
  {
    let offset = index * MemoryLayout<Word>.size
    let word = loadUnaligned(fromByteOffset: offset, as: Word.self)
    storeBytes(of: word.byteSwapped, toByteOffset: offset, as: Word.self)
  }
}
