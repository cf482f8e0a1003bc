import ApusTerminal
import Synchronization
import Testing

@Suite struct ProgressLineTests {
  let recorder = Recorder()
  let clock = HandClock()

  func line(isTerminal: Bool = true, width: Int = 40, isQuiet: Bool = false) -> ProgressLine {
    let clock = self.clock
    return ProgressLine(
      on: recorder.screen(isTerminal: isTerminal, width: width), isQuiet: isQuiet,
      now: { clock.now })
  }

  @Test func drawsAtMostTenTimesASecond() {
    let line = self.line()
    let made = Mutex(0)
    for step in 0..<100 {
      line.show(
        {
          made.withLock { $0 += 1 }
          return "step \(step)"
        }())
      clock.advance(.milliseconds(10))
    }
    #expect(made.withLock { $0 } == 10)
    #expect(recorder.text == (0..<10).map { "\rstep \($0 * 10)\u{1B}[K" }.joined())
  }

  @Test func theLastStateIsDrawnAtOnce() {
    let line = self.line()
    line.show("1/2")
    line.showNow("2/2")
    #expect(recorder.text == "\r1/2\u{1B}[K\r2/2\u{1B}[K")
  }

  @Test func linesThatStayReplaceTheDrawnOne() {
    let line = self.line()
    line.show("half")
    line.log("epoch 1")
    line.show("next")
    line.clear()
    line.clear()
    #expect(
      recorder.text == "\rhalf\u{1B}[K" + "\r\u{1B}[Kepoch 1\n" + "\rnext\u{1B}[K" + "\r\u{1B}[K")
  }

  @Test func filesGetOnlyTheLinesThatStay() {
    let line = self.line(isTerminal: false)
    line.show("half")
    line.log("epoch 1")
    line.showNow("half")
    line.clear()
    #expect(recorder.text == "epoch 1\n")
  }

  @Test func quietIsSilent() {
    let line = self.line(isQuiet: true)
    line.showNow("half")
    line.log("epoch 1")
    line.clear()
    #expect(recorder.text.isEmpty)
  }

  @Test func longTextIsCutToTheWidth() {
    line(width: 10).show("0123456789")
    #expect(recorder.text == "\r01234567…\u{1B}[K")
  }
}
