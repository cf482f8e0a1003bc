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
    guard let document = readSBMLFromString(String(text.withoutByteOrderMark)) else {
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
