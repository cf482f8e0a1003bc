import ApusTensors

/// A safetensors file whose header is read and whose tensors are read one by one, when wanted.
public final class SafetensorsFile {
  /// The names in the order of their bytes in the file.
  public let names: [String]
  /// The texts of `__metadata__`.
  public let metadata: [String: String]
  private let entries: [String: Entry]
  private let stored: any StoredBytes

  private struct Entry {
    let name: String
    let number: StoredNumber
    let shape: Shape
    let range: Range<Int>
    /// Where the header names it.
    let offset: Int
  }

  /// Reads and checks the header of a file, which cannot be a pipe.
  public convenience init(_ path: String) throws(FormatError) {
    try self.init(OpenFile.open(path, acceptsPipes: false))
  }

  init(_ stored: any StoredBytes) throws(FormatError) {
    self.stored = stored
    let (members, dataStart) = try Self.header(of: stored)
    var texts: [String: String] = [:]
    var listed: [Entry] = []
    for member in members {
      if member.name == Safetensors.metadataName {
        texts = try Self.texts(member, file: stored.file)
      } else {
        listed.append(try Self.entry(member, dataStart: dataStart, in: stored))
      }
    }
    listed.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = dataStart
    for entry in listed {
      guard entry.range.lowerBound == end else {
        throw FormatError(
          stored.file, .byte(entry.offset), expected: "tensors one after the other",
          actual: "\(entry.name) at byte \(entry.range.lowerBound) where \(end) is next")
      }
      end = entry.range.upperBound
    }
    guard end == stored.count else {
      throw FormatError(
        stored.file, .byte(end), expected: "the end of the file after the last tensor",
        actual: "\(stored.count - end) more bytes")
    }
    names = listed.map(\.name)
    metadata = texts
    entries = Dictionary(uniqueKeysWithValues: listed.map { ($0.name, $0) })
  }

  /// What the tensor of a name will be, or nil where there is none.
  public func type(of name: String) -> TensorType? {
    entries[name].map { TensorType($0.shape, $0.number.dataType) }
  }

  /// The tensor of a name.
  ///
  /// - Parameter byteLimit: the most memory its numbers may take.
  /// - Throws: `FormatError` where there is none of that name, it cannot be read, or its numbers
  ///   pass the limit.
  public func tensor(
    _ name: String, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> Tensor {
    guard let entry = entries[name] else {
      throw FormatError(stored.file, .wholeFile, expected: "a tensor \(name)", actual: "none")
    }
    return try entry.number.tensor(
      of: entry.shape, from: RangeSource(stored, entry.range), byteLimit: byteLimit)
  }

  func contents(byteLimit: Int) throws(FormatError) -> Safetensors.Contents {
    // Entries share no bytes and widen at most fourfold, so their sum fits.
    let size = names.reduce(0) { $0 + (type(of: $1)?.byteCount ?? 0) }
    try ByteLimit.check(
      size, of: "\(names.count) tensors", within: byteLimit, stored.file, .wholeFile)
    var contents = Safetensors.Contents(tensors: [], metadata: metadata)
    for name in names {
      contents.tensors.append((name, try tensor(name, byteLimit: byteLimit)))
    }
    return contents
  }

  private static func header(
    of stored: any StoredBytes
  ) throws(FormatError) -> (members: [JSONValue.Member], dataStart: Int) {
    guard stored.count >= 8 else {
      throw FormatError(
        stored.file, .wholeFile, expected: "a safetensors file, at least 8 bytes",
        actual: "\(stored.count)")
    }
    let length = try stored.bytes(0..<8).littleEndian(8, at: 0)
    guard 0...Safetensors.headerLimit ~= length, length <= stored.count - 8 else {
      throw FormatError(
        stored.file, .byte(0),
        expected:
          "the header's length, at most \(min(Safetensors.headerLimit, stored.count - 8))",
        actual: "\(UInt64(bitPattern: Int64(length)))")
    }
    let text = try stored.bytes(8..<8 + length)
    let header = try JSONReader.read(text, file: stored.file, offset: 8)
    guard case .object(let members) = header else {
      throw FormatError(stored.file, .byte(8), expected: "a JSON object", actual: header.kind)
    }
    return (members, 8 + length)
  }

  private static func texts(
    _ member: JSONValue.Member, file: String
  ) throws(FormatError) -> [String: String] {
    var texts: [String: String] = [:]
    guard case .object(let pairs) = member.value else {
      throw FormatError(
        file, .byte(member.offset), expected: "an object of texts", actual: member.value.kind)
    }
    for pair in pairs {
      guard case .string(let text) = pair.value else {
        throw FormatError(
          file, .byte(pair.offset), expected: "a text for \(pair.name.excerpt)",
          actual: pair.value.kind)
      }
      texts[pair.name] = text
    }
    return texts
  }

  private static func entry(
    _ member: JSONValue.Member, dataStart: Int, in stored: any StoredBytes
  ) throws(FormatError) -> Entry {
    func fault(_ expected: String, _ actual: String) -> FormatError {
      FormatError(
        stored.file, .byte(member.offset), expected: "\(expected) for \(member.name.excerpt)",
        actual: actual)
    }
    guard case .object(let fields) = member.value,
      Set(fields.map(\.name)) == ["dtype", "shape", "data_offsets"]
    else {
      throw fault("an object of dtype, shape and data_offsets", member.value.excerpt)
    }
    let values = Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) })
    guard case .string(let code) = values["dtype"], let number = kinds[code] else {
      throw fault(
        "a data type of \(kinds.keys.sorted().joined(separator: ", "))",
        values["dtype", default: .null].excerpt)
    }
    guard case .array(let items) = values["shape"], items.count <= 64,
      items.allSatisfy({ $0.integer != nil }),
      let shape = Shape(checking: items.compactMap(\.integer))
    else {
      throw fault(
        "a shape of at most 64 extents whose product is a size",
        values["shape", default: .null].excerpt)
    }
    let size = shape.count * number.byteCount
    guard case .array(let offsets) = values["data_offsets"], offsets.count == 2,
      let start = offsets[0].integer, let end = offsets[1].integer,
      0 <= start, start <= end, end <= stored.count - dataStart
    else {
      throw fault(
        "two offsets in order within \(stored.count - dataStart) bytes of data",
        values["data_offsets", default: .null].excerpt)
    }
    guard end - start == size else {
      throw fault("\(size) bytes, as \(code) \(shape) takes", "\(end - start)")
    }
    return Entry(
      name: member.name, number: number, shape: shape,
      range: dataStart + start..<dataStart + end, offset: member.offset)
  }

  private static let kinds: [String: StoredNumber] = [
    "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64,
    "I32": .int32, "I16": .int16, "I8": .int8, "U8": .uint8, "U16": .uint16, "U32": .uint32,
    "BOOL": .bool,
  ]
}
