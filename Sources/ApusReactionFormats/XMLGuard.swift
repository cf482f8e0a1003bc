/// What is refused before a parser sees it: document types, other encodings, deep nesting, packages
/// that are not supported.
struct XMLGuard {
  static let depthLimit = 256

  private let bytes: [UInt8]
  private let file: String
  private var place = 0
  private var line = 1
  private var depth = 0
  /// The bytes of the first element's tag.
  private var firstTag: Range<Int>?

  static func check(_ bytes: [UInt8], file: String) throws(NetworkFault) {
    guard bytes.count <= SBML.byteLimit else {
      throw NetworkFault(
        file, "expected at most \(SBML.byteLimit >> 20) MiB of SBML, got \(bytes.count) bytes")
    }
    guard !bytes.contains(0) else {
      throw NetworkFault(file, "expected text in UTF-8, got a byte 0")
    }
    var guardian = XMLGuard(bytes: bytes, file: file)
    try guardian.scan()
    try guardian.checkPackages()
  }

  private init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  private func fault(_ message: String) -> NetworkFault {
    NetworkFault(file, .init(line: line, column: 1), message)
  }

  private func isAt(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes[place...].starts(with: $0) }
  }

  private mutating func scan() throws(NetworkFault) {
    while place < bytes.count {
      if bytes[place] != UInt8(ascii: "<") {
        step()
      } else if isAt("<!--") {
        try skip(4, past: "-->", "a comment")
      } else if isAt("<![CDATA[") {
        try skip(9, past: "]]>", "a CDATA section")
      } else if isAt("<?") {
        try instruction()
      } else if isAt("<!") {
        throw fault("document types and entities are not supported")
      } else {
        try tag()
      }
    }
  }

  private mutating func step() {
    if bytes[place] == 0x0A { line += 1 }
    place += 1
  }

  /// Goes behind the next `end`, from `offset` bytes on.
  private mutating func skip(
    _ offset: Int, past end: StaticString, _ what: String
  ) throws(NetworkFault) {
    let start = line
    place += offset
    while place < bytes.count {
      if isAt(end) {
        place += end.utf8CodeUnitCount
        return
      }
      step()
    }
    throw NetworkFault(file, .init(line: start, column: 1), "\(what) has no end")
  }

  /// The guard reads bytes, so an encoding in which they mean something else is refused.
  private mutating func instruction() throws(NetworkFault) {
    let start = place
    try skip(2, past: "?>", "a processing instruction")
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    guard text.hasPrefix("<?xml"),
      let match = text.firstMatch(of: #/encoding\s*=\s*["']([^"']*)["']/#)
    else { return }
    guard ["UTF-8", "UTF8", "US-ASCII", "ASCII"].contains(match.1.uppercased()) else {
      throw fault("expected text in UTF-8, got the encoding \(match.1.prefix(40))")
    }
  }

  /// Goes behind a tag; a `>` in quotes does not end it.
  private mutating func tag() throws(NetworkFault) {
    let (start, first) = (line, place)
    let isEnd = isAt("</")
    var quote: UInt8?
    place += 1
    while place < bytes.count {
      let byte = bytes[place]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        break
      }
      step()
    }
    guard place < bytes.count else {
      throw NetworkFault(file, .init(line: start, column: 1), "a tag has no end")
    }
    if firstTag == nil { firstTag = first..<place }
    if isEnd { depth -= 1 } else if bytes[place - 1] != UInt8(ascii: "/") { depth += 1 }
    guard depth <= Self.depthLimit else {
      throw fault("expected at most \(Self.depthLimit) nested elements")
    }
    place += 1
  }

  /// A package that a model needs is named in its first element.
  private func checkPackages() throws(NetworkFault) {
    let tag = firstTag.map { String(decoding: bytes[$0], as: UTF8.self) } ?? ""
    guard tag.hasPrefix("<sbml") || tag.firstMatch(of: #/^<[^\s:<>]+:sbml/#) != nil else {
      throw NetworkFault(file, "expected SBML, found no element <sbml>")
    }
    let required = #/\s([^\s:="'<>]+):required\s*=\s*["'](?:true|1)["']/#
    guard let match = tag.firstMatch(of: required) else { return }
    throw NetworkFault(
      file, "it needs SBML's package '\(match.1.prefix(40))', which is not supported")
  }
}
