import ApusApplications
import Glibc

/// What the program says: results on standard output, everything else on standard error.
enum Output {
  /// Prints the one JSON object of a verb.
  static func show(_ json: JSON) { print(json.line) }

  /// Ends the program with a fault where its results cannot be written, and goes on where nobody reads them.
  ///
  /// A reader that went away, such as `head`, is no fault to tell of: the code is then that of a broken pipe.
  static func checkAtExit() {
    signal(SIGPIPE, SIG_IGN)
    atexit {
      guard fflush(nil) != 0 else { return }
      let code = errno
      if code == EPIPE { _exit(128 + SIGPIPE) }
      Output.note("Error: cannot write standard output: \(String(cString: strerror(code)))")
      _exit(EXIT_FAILURE)
    }
  }

  /// Prints a line on standard error.
  static func note(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    // Where standard error is closed there is nobody to tell.
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
