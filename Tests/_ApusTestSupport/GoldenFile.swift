import ApusFormats
import ApusTensors

/// A file of expected numbers in `Tests/Golden`.
package enum GoldenFile {
  /// The path of a file there, found from where this source file is.
  package static func path(_ name: String, from source: String = #filePath) -> String {
    let folders = source.split(separator: "/", omittingEmptySubsequences: false)
    return folders.dropLast(2).joined(separator: "/") + "/Golden/" + name
  }

  /// The tensors of a safetensors file there, by their names.
  package static func tensors(_ name: String) throws -> [String: Tensor] {
    let file = try SafetensorsFile(path(name))
    var tensors: [String: Tensor] = [:]
    for name in file.names { tensors[name] = try file.tensor(name) }
    return tensors
  }
}
