import ApusJumpProcesses
import CSBML

/// The Systems Biology Markup Language, levels 2 and 3, as far as it describes jump processes.
///
/// Amounts of species are whole numbers. What a model asks for and is not supported is refused by
/// its name.
///
/// Reference: Hucka et al. (2019), "The Systems Biology Markup Language (SBML): language
/// specification for level 3 version 2 core", J. Integr. Bioinform. 16.
public enum SBML {
  static let byteLimit = 64 << 20

  /// The network in the bytes of a file; errors call it `file`.
  public static func read(_ bytes: [UInt8], file: String) throws(NetworkFault) -> ReactionNetwork {
    try XMLGuard.check(bytes, file: file)
    let text = String(decoding: bytes, as: UTF8.self)
    guard let document = readSBMLFromString(text) else {
      throw NetworkFault(file, "the SBML library could not read it")
    }
    defer { SBMLDocument_free(document) }
    try checkErrors(of: document, file: file)
    guard let model = SBMLDocument_getModel(document) else {
      throw NetworkFault(file, "expected a model, found none")
    }
    var reader = SBMLReader(model: model, file: file)
    return try reader.read()
  }

  private static func checkErrors(of document: OpaquePointer, file: String) throws(NetworkFault) {
    for index in 0..<SBMLDocument_getNumErrors(document) {
      guard let error = SBMLDocument_getError(document, index),
        XMLError_getSeverity(error) >= UInt32(LIBSBML_SEV_ERROR.rawValue)
      else { continue }
      let message = XMLError_getShortMessage(error).map { String(cString: $0) } ?? "an error"
      let line = Int(XMLError_getLine(error))
      let column = Int(XMLError_getColumn(error))
      let place = line > 0 ? NetworkFault.Place(line: line, column: max(1, column)) : nil
      throw NetworkFault(file, place, "no valid SBML: \(message)")
    }
  }
}

/// What is refused before a parser sees it: entities, deep nesting, packages that are not supported.
enum XMLGuard {
  static let depthLimit = 512

  static func check(_ bytes: [UInt8], file: String) throws(NetworkFault) {
    guard bytes.count <= SBML.byteLimit else {
      throw NetworkFault(
        file, "expected at most \(SBML.byteLimit >> 20) MiB of SBML, got \(bytes.count) bytes")
    }
    guard !bytes.contains(0) else {
      throw NetworkFault(file, "expected text in UTF-8, got a byte 0")
    }
    var (line, depth) = (1, 0)
    for (place, byte) in bytes.enumerated() {
      if byte == 0x0A { line += 1 }
      guard place + 1 < bytes.count else { break }
      if byte == UInt8(ascii: "<") {
        switch bytes[place + 1] {
        case UInt8(ascii: "!"):
          guard !bytes[(place + 2)...].starts(with: "DOCTYPE".utf8),
            !bytes[(place + 2)...].starts(with: "ENTITY".utf8)
          else {
            throw NetworkFault(
              file, .init(line: line, column: 1), "document types and entities are not supported")
          }
        case UInt8(ascii: "/"): depth -= 1
        case UInt8(ascii: "?"): break
        default: depth += 1
        }
      } else if byte == UInt8(ascii: "/"), bytes[place + 1] == UInt8(ascii: ">") {
        depth -= 1
      }
      guard depth <= depthLimit else {
        throw NetworkFault(
          file, .init(line: line, column: 1), "expected at most \(depthLimit) nested elements")
      }
    }
    try checkPackages(bytes, file: file)
  }

  /// A package that a model needs is named in its first element.
  private static func checkPackages(_ bytes: [UInt8], file: String) throws(NetworkFault) {
    let head = String(decoding: bytes.prefix(65_536), as: UTF8.self)
    guard let start = head.range(of: "<sbml"),
      let end = head[start.upperBound...].firstIndex(of: ">")
    else {
      throw NetworkFault(file, "expected SBML, found no element <sbml>")
    }
    for word in head[start.upperBound..<end].split(whereSeparator: \.isWhitespace) {
      guard let colon = word.firstIndex(of: ":"), word.contains("required=\"true\"") else {
        continue
      }
      throw NetworkFault(
        file, "it needs SBML's package '\(word[..<colon])', which is not supported")
    }
  }
}

extension String {
  /// Where a text is first found.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
