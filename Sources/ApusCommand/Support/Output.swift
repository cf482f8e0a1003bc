import ApusApplications
import ApusTerminal
@preconcurrency import Glibc

/// What the program says: results on standard output, everything else on standard error.
enum Output {
  /// Prints the one JSON object of a verb.
  static func show(_ json: JSON) { print(json.line) }

  /// Ignores broken pipes, so that a training outlives its reader, and checks at the end of the program that
  /// its results were written.
  ///
  /// A reader that went away, such as `head`, is no fault to tell of: the code is then that of a broken pipe.
  static func checkAtExit() {
    signal(SIGPIPE, SIG_IGN)
    atexit {
      // What could not be written is forgotten by a later flush, but not by the stream.
      let hasFailed = ferror(stdout) != 0
      errno = 0
      guard fflush(stdout) != 0 || hasFailed else { return }
      let code = errno
      if code == EPIPE || Output.hasClosedReader { _exit(128 + SIGPIPE) }
      let reason = code == 0 ? "" : ": " + String(cString: strerror(code))
      Output.note("Error: cannot write standard output\(reason)")
      _exit(EXIT_FAILURE)
    }
  }

  /// Whether standard output is a pipe that nobody reads any more.
  private static var hasClosedReader: Bool {
    var pipe = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    return poll(&pipe, 1, 0) == 1 && pipe.revents & Int16(POLLERR) != 0
  }

  /// Prints a line on standard error, control characters as escapes: names and texts of files may hold any.
  static func note(_ text: String) {
    let bytes = Array((text.escapingControls + "\n").utf8)
    // Where standard error is closed there is nobody to tell.
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
