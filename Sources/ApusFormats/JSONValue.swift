/// A JSON value as it stands in a file: names keep their order, numbers their text.
package enum JSONValue: Sendable, Hashable {
  case null
  case truth(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// A name and its value.
  package struct Member: Sendable, Hashable {
    package let name: String
    package let value: JSONValue
    /// Where the name is in the file.
    package let offset: Int
  }

  /// The whole number that is written without point and exponent.
  package var integer: Int? {
    guard case .number(let text) = self else { return nil }
    return Int(text)
  }

  /// What kind of value it is, for errors.
  package var kind: String {
    switch self {
    case .null: "null"
    case .truth: "a truth value"
    case .number(let text): "the number \(text)"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The value in short, for errors: the beginning of a text, of a list or of an object's names.
  var excerpt: String {
    func joined(_ parts: [String], count: Int) -> String {
      (count > parts.count ? parts + ["…"] : parts).joined(separator: ", ")
    }
    switch self {
    case .null, .truth: return kind
    case .number(let text), .string(let text): return text.excerpt
    case .array(let items):
      let parts = items.prefix(8).map { item in
        if case .number = item { item.excerpt } else { item.kind }
      }
      return "[\(joined(parts, count: items.count))]"
    case .object(let members):
      let names = members.prefix(8).map(\.name.excerpt)
      return members.isEmpty ? "an empty object" : "one of " + joined(names, count: members.count)
    }
  }
}

extension String {
  /// The beginning of a text that a file gives, for errors.
  package var excerpt: String {
    unicodeScalars.count > 40 ? String(unicodeScalars.prefix(40)) + "…" : self
  }
}

/// Reads JSON strictly: UTF-8, no name twice in an object, at most 32 levels, nothing after it.
///
/// Reference: Bray (2017), "The JavaScript Object Notation (JSON) Data Interchange Format", RFC
/// 8259.
package struct JSONReader {
  private static let depthLimit = 32
  private let bytes: [UInt8]
  private let file: String
  private let offset: Int
  private var position = 0

  /// The value that `bytes` are; in errors they begin at byte `offset` of `file`.
  package static func read(
    _ bytes: [UInt8], file: String, offset: Int = 0
  ) throws(FormatError) -> JSONValue {
    var reader = JSONReader(bytes: bytes, file: file, offset: offset)
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.position == bytes.count else { throw reader.fault("the end of the JSON value") }
    return value
  }

  private init(bytes: [UInt8], file: String, offset: Int) {
    self.bytes = bytes
    self.file = file
    self.offset = offset
  }

  private func fault(_ expected: String, _ actual: String? = nil, at place: Int? = nil)
    -> FormatError
  {
    let place = place ?? position
    let found =
      place < bytes.count
      ? "'\(String(decoding: bytes[place..<min(place + 12, bytes.count)], as: UTF8.self))'"
      : "the end"
    return FormatError(file, .byte(offset + place), expected: expected, actual: actual ?? found)
  }

  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private mutating func takes(_ text: StaticString) -> Bool {
    let isNext = text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    if isNext { position += text.utf8CodeUnitCount }
    return isNext
  }

  private mutating func value(depth: Int) throws(FormatError) -> JSONValue {
    guard depth < Self.depthLimit else { throw fault("at most \(Self.depthLimit) levels") }
    skipBlanks()
    guard position < bytes.count else { throw fault("a JSON value") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return .object(try members(depth: depth))
    case UInt8(ascii: "["): return .array(try items(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default:
      if takes("true") { return .truth(true) }
      if takes("false") { return .truth(false) }
      if takes("null") { return .null }
      throw fault("a JSON value")
    }
  }

  private mutating func members(depth: Int) throws(FormatError) -> [JSONValue.Member] {
    position += 1
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    skipBlanks()
    if takes("}") { return [] }
    while true {
      skipBlanks()
      let start = position
      guard start < bytes.count, bytes[start] == UInt8(ascii: "\"") else { throw fault("a name") }
      let name = try string()
      guard names.insert(name).inserted else {
        throw fault("each name once", "\"\(name.excerpt)\" again", at: start)
      }
      skipBlanks()
      guard takes(":") else { throw fault("':'") }
      members.append(.init(name: name, value: try value(depth: depth + 1), offset: offset + start))
      skipBlanks()
      if takes("}") { return members }
      guard takes(",") else { throw fault("',' or '}'") }
    }
  }

  private mutating func items(depth: Int) throws(FormatError) -> [JSONValue] {
    position += 1
    var items: [JSONValue] = []
    skipBlanks()
    if takes("]") { return [] }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if takes("]") { return items }
      guard takes(",") else { throw fault("',' or ']'") }
    }
  }

  private mutating func number() throws(FormatError) -> String {
    let start = position
    _ = takes("-")
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else {
      throw fault("a number", at: start)
    }
    if takes("."), digits() == 0 { throw fault("a number", at: start) }
    if takes("e") || takes("E") {
      if !takes("+") { _ = takes("-") }
      if digits() == 0 { throw fault("a number", at: start) }
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] {
      position += 1
    }
    return position - start
  }

  private mutating func string() throws(FormatError) -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw fault("a text in UTF-8", "other bytes", at: start)
        }
        return string
      case UInt8(ascii: "\\"): text += Array(String(try escape()).utf8)
      case 0..<0x20: throw fault("a text without control characters", at: position - 1)
      default: text.append(byte)
      }
    }
    throw fault("the end of the text", at: start)
  }

  private mutating func escape() throws(FormatError) -> Unicode.Scalar {
    let start = position - 1
    guard position < bytes.count else { throw fault("an escape") }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw fault("an escape", at: start)
    }
    var code = try fourDigits()
    if 0xD800...0xDBFF ~= code, takes("\\u") {
      let low = try fourDigits()
      guard 0xDC00...0xDFFF ~= low else { throw fault("a pair of surrogates", at: start) }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw fault("a pair of surrogates", at: start) }
    return scalar
  }

  private mutating func fourDigits() throws(FormatError) -> UInt32 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
      let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw fault("four hexadecimal digits") }
    position += 4
    return code
  }
}

extension String {
  /// The text in quotes as JSON writes it.
  package var quotedAsJSON: String {
    var quoted = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\u{0}"..<"\u{20}":
        quoted += "\\u00" + hexadecimal(UInt8(scalar.value))
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
