import ApusTerminal
import Synchronization

/// A screen that remembers what was written to it.
final class Recorder: Sendable {
  private let written = Mutex("")

  var text: String { written.withLock { $0 } }

  func screen(
    isTerminal: Bool = true, hasColour: Bool = false, hasUnicode: Bool = true, width: Int = 40
  ) -> Screen {
    Screen(
      isTerminal: isTerminal, hasColour: hasColour, hasUnicode: hasUnicode, width: { width },
      write: { text in self.written.withLock { $0 += text } })
  }
}

/// A clock that tests move.
final class HandClock: Sendable {
  private let time = Mutex(Duration.zero)

  var now: Duration { time.withLock { $0 } }

  func advance(_ duration: Duration) { time.withLock { $0 += duration } }
}
