import Glibc

/// A word of the text format and where it stands.
struct Token: Hashable {
  enum Kind: Hashable {
    case name(String)
    case number(Double)
    case symbol(String)
    case end
  }

  var kind: Kind
  var column: Int

  /// The word in quotes, for errors.
  var text: String {
    switch kind {
    case .name(let name): "'\(name.prefix(40))'"
    case .number(let value): "\(value)"
    case .symbol(let symbol): "'\(symbol)'"
    case .end: "the end of the line"
    }
  }
}

/// Cuts a line of the text format into words; a comment runs from `#` to the end.
struct Tokens {
  private static let symbols = [
    "<->", "->", "=>", ":=", "@@", "<=", ">=", "==", "!=", "&&", "||", "@", "=", "<", ">", "!", "+",
    "-", "*", "/", "^", "(", ")", ",", ":", ";", "'",
  ]
  static let lengthLimit = 65_536

  private let file: String
  private let line: Int
  private var words: [Token] = []
  private var place = 0
  /// How often formulas of the line went from one sign to another, which makes them deep.
  var turns = 0

  init(_ text: Substring, line: Int, file: String) throws(NetworkFault) {
    self.file = file
    self.line = line
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.lengthLimit else {
      throw NetworkFault(
        file, .init(line: line, column: 1), "expected lines of at most \(Self.lengthLimit) bytes")
    }
    try cut(bytes)
  }

  private mutating func cut(_ bytes: [UInt8]) throws(NetworkFault) {
    var place = 0
    while place < bytes.count, bytes[place] != UInt8(ascii: "#") {
      let byte = bytes[place]
      if byte == 0x20 || byte == 0x09 || byte == 0x0D {
        place += 1
        continue
      }
      let column = place + 1
      if Self.isLetter(byte) {
        let end = bytes[place...].firstIndex { !Self.isLetter($0) && !Self.isDigit($0) }
        let name = String(decoding: bytes[place..<(end ?? bytes.count)], as: UTF8.self)
        words.append(Token(kind: .name(name), column: column))
        place = end ?? bytes.count
      } else if Self.isDigit(byte) || byte == UInt8(ascii: ".") {
        let end = Self.endOfNumber(in: bytes, from: place)
        let text = String(decoding: bytes[place..<end], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
          throw NetworkFault(
            file, .init(line: line, column: column), "expected a finite number, got '\(text)'")
        }
        words.append(Token(kind: .number(value), column: column))
        place = end
      } else if let symbol = Self.symbols.first(where: { bytes[place...].starts(with: $0.utf8) }) {
        words.append(Token(kind: .symbol(symbol), column: column))
        place += symbol.utf8.count
      } else {
        let rest = String(decoding: bytes[place...].prefix(8), as: UTF8.self)
        throw NetworkFault(
          file, .init(line: line, column: column),
          "expected a name, a number or a sign of the format, got '\(rest.prefix(1))'")
      }
    }
    words.append(Token(kind: .end, column: place + 1))
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
      || byte == UInt8(ascii: "_")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  private static func endOfNumber(in bytes: [UInt8], from start: Int) -> Int {
    var place = start
    func isAt(_ characters: StaticString) -> Bool {
      place < bytes.count && characters.withUTF8Buffer { $0.contains(bytes[place]) }
    }
    while isAt("0123456789.") { place += 1 }
    guard isAt("eE") else { return place }
    let mark = place
    place += 1
    if isAt("+-") { place += 1 }
    guard isAt("0123456789") else { return mark }
    while isAt("0123456789") { place += 1 }
    return place
  }

  /// The next word, not taken.
  var next: Token { words[place] }

  /// Takes the next word.
  mutating func take() -> Token {
    let token = words[place]
    if place + 1 < words.count { place += 1 }
    return token
  }

  /// Takes a sign where it is next.
  mutating func takes(_ symbol: String) -> Bool {
    guard next.kind == .symbol(symbol) else { return false }
    _ = take()
    return true
  }

  /// Whether a sign is anywhere in the line.
  func contains(_ symbol: String) -> Bool { words.contains { $0.kind == .symbol(symbol) } }

  mutating func takeName(_ what: String) throws(NetworkFault) -> (name: String, column: Int) {
    guard case .name(let name) = next.kind else { throw fault("expected \(what)") }
    return (name, take().column)
  }

  func fault(_ message: String, at column: Int? = nil) -> NetworkFault {
    let place = NetworkFault.Place(line: line, column: column ?? next.column)
    return NetworkFault(file, place, column == nil ? "\(message), got \(next.text)" : message)
  }
}
