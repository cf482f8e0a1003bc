import ApusDatasets
import ApusFormats
import ApusTensors
import Glibc
import Testing

/// Calls `body` with a new folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  var template = Array((parent + "/apus-tests-XXXXXX").utf8CString)
  let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
  defer {
    if let handle = opendir(folder) {
      while let entry = readdir(handle) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        unlink(folder + "/" + name)
      }
      closedir(handle)
    }
    rmdir(folder)
  }
  return try body(folder)
}

/// The sentence of the error that `body` throws.
func sentence(of body: () throws -> some Any) -> String {
  do {
    _ = try body()
  } catch {
    return "\(error)"
  }
  Issue.record("nothing was thrown")
  return ""
}

/// A gzipped file of 1.3 MB whose header claims 1.2 GB, no more than so many bytes could hold.
var hostilePictures: [UInt8] {
  let header: [UInt8] = [0, 0, 8, 3, 0, 0x18, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28]
  return Deflate.gzip(header + [UInt8](repeating: 7, count: 1_300_000), level: 0)
}

/// Pictures whose pixels are `100 * picture + row * width + column`, cut to a byte.
func countingData(_ count: Int, height: Int, width: Int, classes: Int = 10) throws
  -> ImageClassificationData
{
  let size = height * width
  let pixels = (0..<count).flatMap { picture in
    (0..<size).map { UInt8(truncatingIfNeeded: 100 * picture + $0) }
  }
  return try ImageClassificationData(
    pixels: Tensor(pixels, shape: [count, height, width, 1]),
    labels: (0..<count).map { Int32($0 % classes) }, classNames: (0..<classes).map { "class \($0)" }
  )
}
