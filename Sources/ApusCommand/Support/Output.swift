import ApusApplications
import Glibc

/// What the program says: results on standard output, everything else on standard error.
enum Output {
  /// Prints the one JSON object of a verb.
  static func show(_ json: JSON) { print(json.line) }

  /// Prints a line on standard error.
  static func note(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    // Where standard error is closed there is nobody to tell.
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
