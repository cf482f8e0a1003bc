import ApusFormats
import ApusTensors

/// A file that a script of `Tests/Golden` made.
func golden(_ name: String) throws -> Safetensors.Contents {
  let root = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
  return try Safetensors.read("/\(root)/Golden/\(name)")
}
