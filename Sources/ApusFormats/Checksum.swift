import ApusTensors
import CZlib

/// The CRC-32 of zlib, gzip and PNG.
package struct Checksum {
  /// The checksum of the bytes added so far.
  package private(set) var value: UInt32 = 0

  package init() {}

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
    value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), start, bytes.count))
  }

  package mutating func add(_ text: String) {
    Array(text.utf8).withUnsafeBytes { add($0) }
  }

  /// Adds texts in the order of their names.
  package mutating func add(_ texts: [String: String]) {
    for (key, value) in texts.sorted(by: { $0.key < $1.key }) { add("\(key)\0\(value)\0") }
  }

  /// Adds names, types and bytes of tensors, in the order of their names.
  package mutating func add(_ tensors: [(name: String, tensor: Tensor)]) {
    for (name, tensor) in tensors.sorted(by: { $0.name < $1.name }) {
      begin(name, tensor.type)
      tensor.withBytes { add($0) }
    }
  }

  /// Adds the same of tensors that are not in memory.
  package mutating func add(_ parts: [Safetensors.Part]) throws(FormatError) {
    for part in parts.sorted(by: { $0.name < $1.name }) {
      begin(part.name, part.type)
      let writer = FileWriter(into: self)
      try part.body(writer)
      self = try writer.checksummed()
    }
  }

  private mutating func begin(_ name: String, _ type: TensorType) {
    add("\(name)\0\(type)\0")
  }

  /// The checksum of tensors.
  package static func of(_ tensors: [(name: String, tensor: Tensor)]) -> UInt32 {
    var checksum = Checksum()
    checksum.add(tensors)
    return checksum.value
  }
}
