import Glibc

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
