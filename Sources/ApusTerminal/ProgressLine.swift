import Synchronization

/// One line at the bottom of a terminal that is drawn over, at most ten times a second.
///
/// On anything but a terminal nothing is drawn; only ``log(_:)`` writes. Use it from any thread.
package final class ProgressLine: Sendable {
  private let screen: Screen
  private let isEnabled: Bool
  private let now: @Sendable () -> Duration
  private let state = Mutex(State())

  private struct State {
    var isShown = false
    var lastDrawn: Duration?
  }

  /// The least time between two drawings.
  package static let interval = Duration.milliseconds(100)

  /// A line on standard error unless said otherwise; `isQuiet` draws and logs nothing.
  package init(
    on screen: Screen = .error, isQuiet: Bool = false,
    now: @escaping @Sendable () -> Duration = {
      ContinuousClock.now - ContinuousClock.Instant.apusStart
    }
  ) {
    self.screen = screen
    isEnabled = !isQuiet
    self.now = now
  }

  /// Draws `text` in place of what the line shows, cut to the terminal's width.
  ///
  /// Nothing happens within a tenth of a second of the last drawing; `text` is not even made then.
  package func show(_ text: @autoclosure () -> String) {
    draw(text, isForced: false)
  }

  /// Draws `text` at once, as for the last state of an epoch.
  package func showNow(_ text: @autoclosure () -> String) {
    draw(text, isForced: true)
  }

  /// Writes a line that stays, above the drawn one.
  package func log(_ line: String) {
    guard isEnabled else { return }
    state.withLock { state in
      screen.write((state.isShown ? Self.erasure : "") + line + "\n")
      state.isShown = false
      state.lastDrawn = nil
    }
  }

  /// Removes the drawn line.
  package func clear() {
    state.withLock { state in
      if state.isShown { screen.write(Self.erasure) }
      state.isShown = false
      state.lastDrawn = nil
    }
  }

  private static let erasure = "\r\u{1B}[K"

  private func draw(_ text: () -> String, isForced: Bool) {
    guard isEnabled, screen.isTerminal else { return }
    state.withLock { state in
      let time = now()
      if !isForced, let last = state.lastDrawn, time - last < Self.interval { return }
      state.lastDrawn = time
      state.isShown = true
      // The last column is left free: some terminals wrap when it is written.
      screen.write("\r" + text().truncated(toWidth: screen.width() - 1) + "\u{1B}[K")
    }
  }
}

extension ContinuousClock.Instant {
  /// A fixed moment that times are measured from.
  package static let apusStart = ContinuousClock.now
}
