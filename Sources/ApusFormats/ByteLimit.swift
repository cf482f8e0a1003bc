import ApusTensors

/// How much memory the numbers of one file may take.
///
/// A few kilobytes of gzip can stand for gigabytes, and a sparse file has any size; so readers
/// compare what a header claims with a limit before they take memory for it.
public enum ByteLimit {
  /// The limit where the caller names none: 8 GiB.
  public static let standard = 8 << 30

  /// Refuses numbers that would take more than `limit` bytes.
  static func check(
    _ byteCount: Int, of content: String, within limit: Int, _ file: String,
    _ place: FormatError.Place
  ) throws(FormatError) {
    guard byteCount <= limit else {
      throw FormatError(
        file, place, expected: "at most \(limit) bytes of numbers",
        actual: "\(byteCount) bytes, \(content)")
    }
  }
}
