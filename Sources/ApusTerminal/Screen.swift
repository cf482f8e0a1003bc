import Glibc

/// Where lines for a person go: a terminal, a file or a pipe.
package struct Screen: Sendable {
  /// Whether lines can be drawn over and a person may be watching.
  package let isTerminal: Bool
  /// Whether colours may be used.
  package let hasColour: Bool
  /// Whether more than ASCII can be shown.
  package let hasUnicode: Bool
  /// The columns of the terminal as they are now.
  package let width: @Sendable () -> Int
  /// Writes text as it is.
  package let write: @Sendable (String) -> Void

  /// A screen of one's own, as tests need it.
  package init(
    isTerminal: Bool, hasColour: Bool = false, hasUnicode: Bool = true,
    width: @escaping @Sendable () -> Int = { 80 }, write: @escaping @Sendable (String) -> Void
  ) {
    self.isTerminal = isTerminal
    self.hasColour = hasColour
    self.hasUnicode = hasUnicode
    self.width = width
    self.write = write
  }

  /// The screen behind a file descriptor.
  ///
  /// Colours need a terminal and no `NO_COLOR` (https://no-color.org); a `dumb` terminal counts as
  /// none.
  package init(descriptor: Int32) {
    let isTerminal = isatty(descriptor) == 1 && Self.variable("TERM") != "dumb"
    self.init(
      isTerminal: isTerminal, hasColour: isTerminal && (Self.variable("NO_COLOR") ?? "").isEmpty,
      hasUnicode: Self.localeHasUnicode, width: { Self.columns(of: descriptor) },
      write: { Self.write($0, to: descriptor) })
  }

  /// Standard output, where results go.
  package static let output = Screen(descriptor: STDOUT_FILENO)
  /// Standard error, where progress and errors go.
  package static let error = Screen(descriptor: STDERR_FILENO)

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  private static var localeHasUnicode: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(variable).first { !$0.isEmpty }
    guard let locale = locale?.lowercased() else { return false }
    return locale.contains("utf-8") || locale.contains("utf8")
  }

  private static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return variable("COLUMNS").flatMap { Int($0) }.map { max($0, 1) } ?? 80
    }
    return Int(size.ws_col)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let put = bytes.withUnsafeBytes { bytes in
        Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      }
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { return }  // nobody reads any more: progress is not worth an error
      done += put
    }
  }
}
