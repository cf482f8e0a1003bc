import ApusJumpProcesses

/// A model by name: one that comes with the program, or a file in SBML or the text format.
public enum ModelFile {
  /// The network of a built-in model or of a file.
  ///
  /// - Throws: ``NetworkFault`` where there is neither, or the file holds no network.
  public static func open(_ name: String) throws(NetworkFault) -> ReactionNetwork {
    if let model = BuiltInModels.model(name) { return try model.network() }
    let bytes = try FileContents.read(
      name, limit: SBML.byteLimit,
      orWhereMissing:
        "there is no such file or built-in model; `apus simulate --list` lists the models")
    let start = bytes.firstIndex { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    if let start, bytes[start] == UInt8(ascii: "<") { return try SBML.read(bytes, file: name) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw NetworkFault(name, "expected text in UTF-8 or SBML, got other bytes")
    }
    let stem = name.split(separator: "/").last.map(String.init) ?? name
    return try NetworkText.read(text, file: name, name: stem)
  }
}
