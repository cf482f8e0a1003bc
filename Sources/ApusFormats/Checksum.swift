import ApusTensors

/// The CRC-32 of zlib, gzip and PNG, eight bytes at a time.
///
/// Reference: Kounavis, Berry (2005), "A systematic approach to building high performance CRC generators".
package struct Checksum {
  private var state: UInt32 = 0xFFFF_FFFF

  package init() {}

  /// The checksum of the bytes added so far.
  package var value: UInt32 { ~state }

  /// `tables[k][b]`: what a byte `b` becomes when `k` zero bytes follow it.
  private static let tables: [[UInt32]] = {
    let first: [UInt32] = (0..<256).map { byte in
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
      return crc
    }
    var tables = [first]
    for _ in 1..<8 {
      let last = tables[tables.count - 1]
      tables.append(last.map { crc in (crc >> 8) ^ first[Int(crc & 0xFF)] })
    }
    return tables
  }()

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let tables = Self.tables
    var crc = state
    var offset = 0
    while offset + 8 <= bytes.count {
      let word = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      let mixed = word ^ UInt64(crc)
      crc = 0
      for index in 0..<8 {
        crc ^= tables[7 - index][Int(truncatingIfNeeded: mixed >> (8 * UInt64(index))) & 0xFF]
      }
      offset += 8
    }
    while offset < bytes.count {
      crc = (crc >> 8) ^ tables[0][Int((crc ^ UInt32(bytes[offset])) & 0xFF)]
      offset += 1
    }
    state = crc
  }

  package mutating func add(_ text: String) {
    Array(text.utf8).withUnsafeBytes { add($0) }
  }

  /// Adds names, types and bytes of tensors, in the order of their names.
  package mutating func add(_ tensors: [(name: String, tensor: Tensor)]) {
    for (name, tensor) in tensors.sorted(by: { $0.name < $1.name }) {
      add("\(name)\0\(tensor.type)\0")
      tensor.withBytes { add($0) }
    }
  }

  /// The checksum of tensors.
  package static func of(_ tensors: [(name: String, tensor: Tensor)]) -> UInt32 {
    var checksum = Checksum()
    checksum.add(tensors)
    return checksum.value
  }
}
