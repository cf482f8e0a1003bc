import ApusTensors

/// The header of an npy file, a Python dictionary of three entries.
struct NPYHeader {
  let number: StoredNumber
  let isBigEndian: Bool
  let isFortranOrder: Bool
  let shape: Shape

  /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, in any order of its keys.
  init(_ bytes: [UInt8], file: String, offset: Int) throws(FormatError) {
    var reader = PythonReader(bytes: bytes, file: file, offset: offset)
    var description: (text: String, place: Int)?
    var order: Bool?
    var extents: [Int]?
    try reader.expect("{")
    while !reader.takes("}") {
      let place = reader.position
      let key = try reader.string()
      try reader.expect(":")
      switch key {
      case "descr" where description == nil:
        reader.skipBlanks()
        description = (try reader.string(), reader.position)
      case "fortran_order" where order == nil: order = try reader.truth()
      case "shape" where extents == nil: extents = try reader.extents()
      default:
        throw reader.fault(
          "the keys descr, fortran_order and shape, each once", "the key \(key)", at: place)
      }
      if !reader.takes(",") {
        try reader.expect("}")
        break
      }
    }
    try reader.expectEnd()
    guard let description, let order, let extents else {
      throw reader.fault("the keys descr, fortran_order and shape", "a header without one", at: 0)
    }
    (number, isBigEndian) = try Self.number(description.text, at: description.place, in: reader)
    guard extents.count <= NPY.axisLimit, let shape = Shape(checking: extents) else {
      throw reader.fault(
        "at most \(NPY.axisLimit) axes whose product is a size", "the shape \(extents)", at: 0)
    }
    isFortranOrder = order
    self.shape = shape
  }

  private static func number(
    _ description: String, at place: Int, in reader: PythonReader
  ) throws(FormatError) -> (StoredNumber, isBigEndian: Bool) {
    let kinds: [Substring: StoredNumber] = [
      "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32,
      "i8": .int64, "u1": .uint8, "u2": .uint16, "u4": .uint32, "b1": .bool,
    ]
    guard let order = description.first, "<>|=".contains(order),
      let number = kinds[description.dropFirst()], order != "|" || number.byteCount == 1
    else {
      throw reader.fault(
        "a kind of number such as <f4, <i8 or |u1", "'\(description)'", at: place)
    }
    return (number, order == ">")
  }
}

/// The few notations of Python that npy headers are made of.
private struct PythonReader {
  let bytes: [UInt8]
  let file: String
  let offset: Int
  var position = 0

  init(bytes: [UInt8], file: String, offset: Int) {
    self.bytes = bytes
    self.file = file
    self.offset = offset
  }

  func fault(_ expected: String, _ actual: String, at position: Int) -> FormatError {
    FormatError(file, .byte(offset + position), expected: expected, actual: actual)
  }

  private func fault(_ expected: String) -> FormatError {
    let actual =
      position < bytes.count
      ? "'\(String(decoding: bytes[position..<min(position + 12, bytes.count)], as: UTF8.self))'"
      : "the end of the header"
    return fault(expected, actual, at: position)
  }

  mutating func skipBlanks() {
    while position < bytes.count, bytes[position] == 0x20 || 0x09...0x0D ~= bytes[position] {
      position += 1
    }
  }

  mutating func takes(_ text: StaticString) -> Bool {
    skipBlanks()
    let wanted = text.withUTF8Buffer { Array($0) }
    guard bytes[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  mutating func expect(_ text: StaticString) throws(FormatError) {
    guard takes(text) else { throw fault("\(text) in the header") }
  }

  mutating func expectEnd() throws(FormatError) {
    skipBlanks()
    guard position == bytes.count else { throw fault("the end of the header") }
  }

  mutating func string() throws(FormatError) -> String {
    skipBlanks()
    guard position < bytes.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position])
    else { throw fault("a quoted text") }
    let start = position + 1
    guard let end = bytes[start...].firstIndex(of: bytes[position]) else {
      throw fault("a quoted text with an end")
    }
    position = end + 1
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  mutating func truth() throws(FormatError) -> Bool {
    if takes("True") { return true }
    if takes("False") { return false }
    throw fault("True or False")
  }

  mutating func extents() throws(FormatError) -> [Int] {
    try expect("(")
    var extents: [Int] = []
    while !takes(")") {
      guard extents.count <= NPY.axisLimit else { throw fault("at most \(NPY.axisLimit) axes") }
      extents.append(try integer())
      if !takes(",") {
        try expect(")")
        break
      }
    }
    return extents
  }

  private mutating func integer() throws(FormatError) -> Int {
    skipBlanks()
    let digits = bytes[position...].prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw fault("an extent")
    }
    position += digits.count
    _ = takes("L")  // Python 2 wrote long integers with this letter
    return value
  }
}
