import Glibc

/// The folder of data that a record names, as it is `named` now where the record has a relative path, as
/// earlier versions wrote it.
func recordedFolder(_ recorded: String, named: String?) -> String {
  recorded.hasPrefix("/") ? recorded : absolutePath(named ?? recorded)
}

/// The path from the root, so that it names the same wherever the program is run later.
///
/// Links and `..` stay: what they lead to may change.
package func absolutePath(_ path: String) -> String {
  guard !path.isEmpty else { return path }
  var folder = ""
  if !path.hasPrefix("/") {
    guard let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    folder = String(cString: current)
  }
  let parts = "\(folder)/\(path)".split(separator: "/").filter { $0 != "." }
  return "/" + parts.joined(separator: "/")
}
