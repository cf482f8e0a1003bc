import ApusTensors

/// Hugging Face's format for named tensors: the header's length, a JSON header, the numbers.
///
/// Reads F32, F64, BF16, I32, I64, U8 and BOOL as they are, F16 as `float32`, and I8, I16, U16 and
/// U32 in the next wider type. The tensors must cover the data without holes or overlaps, as the
/// format demands.
///
/// Reference: huggingface/safetensors, "Format".
public enum Safetensors {
  /// Named tensors with the texts that go with them.
  public struct Contents: Sendable {
    /// The tensors in the order of their bytes.
    public var tensors: [(name: String, tensor: Tensor)]
    /// The texts of `__metadata__`.
    public var metadata: [String: String]

    /// The tensor of a name.
    public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }
  }

  /// Everything in a file.
  ///
  /// - Parameter byteLimit: the most memory all numbers together may take.
  /// - Throws: `FormatError` where the file is missing, does not keep to the format, or its numbers
  ///   pass the limit.
  public static func read(
    _ path: String, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> Contents {
    try SafetensorsFile(path).contents(byteLimit: byteLimit)
  }

  /// Everything in an open file, or in what came from a pipe.
  package static func read(
    _ stored: any StoredBytes, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> Contents {
    try SafetensorsFile(stored).contents(byteLimit: byteLimit)
  }

  /// Everything in the bytes of a file; errors call it `file`.
  ///
  /// - Parameter byteLimit: the most memory all numbers together may take.
  public static func decode(
    _ bytes: [UInt8], file: String, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> Contents {
    try read(MemoryBytes(bytes, file: file), byteLimit: byteLimit)
  }

  /// Writes named tensors, whole or not at all.
  ///
  /// Equal tensors and texts give equal bytes whatever their order: wide types come first, then
  /// names in the order of their bytes, so that every tensor is aligned; there are no time stamps.
  ///
  /// - Throws: `FormatError` where it cannot be written or a name comes twice or is `__metadata__`.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String
  ) throws(FormatError) {
    try write(
      tensors.map { Part(name: $0.name, tensor: $0.tensor) }, metadata: metadata, to: path)
  }

  /// A tensor that is written without being in memory as one.
  package struct Part {
    package let name: String
    package let type: TensorType
    /// Writes its numbers in order, `type.byteCount` bytes.
    package let body: (FileWriter) throws(FormatError) -> Void

    package init(
      name: String, type: TensorType, body: @escaping (FileWriter) throws(FormatError) -> Void
    ) {
      self.name = name
      self.type = type
      self.body = body
    }

    /// A tensor that is in memory.
    package init(name: String, tensor: Tensor) {
      self.init(name: name, type: tensor.type) { (writer) throws(FormatError) in
        let result = tensor.withBytes { bytes in
          Result { () throws(FormatError) in try writer.write(bytes) }
        }
        try result.get()
      }
    }
  }

  /// Writes named tensors as they come, whole or not at all; the bytes are those of the other `write`.
  package static func write(
    _ parts: [Part], metadata: [String: String] = [:], to path: String
  ) throws(FormatError) {
    var names: Set<String> = [metadataName]
    for part in parts where !names.insert(part.name).inserted {
      throw FormatError(
        path, .wholeFile, expected: "each name once", actual: "\(part.name) again")
    }
    let sorted = parts.sorted { first, second in
      let sizes = (first.type.dataType.byteCount, second.type.dataType.byteCount)
      return sizes.0 != sizes.1 ? sizes.0 > sizes.1 : precedes(first.name, second.name)
    }
    try AtomicFile.write(to: path) { (writer) throws(FormatError) in
      try writer.write(header(of: sorted, metadata: metadata))
      for part in sorted {
        let start = writer.count
        try part.body(writer)
        precondition(writer.count - start == part.type.byteCount, "\(part.name) in full")
      }
    }
  }

  static let metadataName = "__metadata__"
  static let headerLimit = 100_000_000

  // Swift compares texts by their canonical form; bytes are what other languages sort by.
  private static func precedes(_ first: String, _ second: String) -> Bool {
    first.utf8.lexicographicallyPrecedes(second.utf8)
  }

  private static func header(
    of parts: [Part], metadata: [String: String]
  ) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { precedes($0.key, $1.key) }
        .map { "\($0.key.quotedAsJSON):\($0.value.quotedAsJSON)" }
      members.append("\"\(metadataName)\":{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for part in parts {
      let end = offset + part.type.byteCount
      let shape = part.type.shape.extents.map(String.init).joined(separator: ",")
      members.append(
        "\(part.name.quotedAsJSON):{\"dtype\":\"\(code(of: part.type.dataType))\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }

  private static func code(of dataType: DataType) -> String {
    switch dataType {
    case .float32: "F32"
    case .bfloat16: "BF16"
    case .float64: "F64"
    case .int32: "I32"
    case .int64: "I64"
    case .uint8: "U8"
    case .bool: "BOOL"
    }
  }
}
