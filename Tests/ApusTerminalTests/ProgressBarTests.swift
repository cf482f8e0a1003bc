import ApusTerminal
import Testing

@Suite struct ProgressBarTests {
  @Test(
    arguments: [
      (0, "    "), (0.25, "█   "), (0.5, "██  "), (0.28125, "█▏  "), (0.99, "███▉"), (1, "████"),
      (2, "████"), (-1, "    "), (.nan, "    "),
    ] as [(Double, String)])
  func fillsByEighths(fraction: Double, bar: String) {
    #expect(progressBar(fraction, width: 4) == bar)
  }

  @Test func plainWhereThereIsNoUnicode() {
    #expect(progressBar(0.6, width: 5, hasUnicode: false) == "###..")
    #expect(progressBar(0.5, width: 0).isEmpty)
  }

  @Test(arguments: [
    (80, ["loss 0.612", "accuracy 89.1 %", "1,450 images/s", "1 h 20 min left"], 5),
    (80, ["loss 2.1234", "rate 0.02500", "1,234,567 words/s", "12 min 20 s left"], 3),
    (80, ["loss 0.612"], 24), (45, ["loss 0.612", "accuracy 89.1 %"], 3),
  ])
  func takesTheColumnsThatAreLeft(_ width: Int, _ parts: [String], _ bar: Int) {
    let screen = Recorder().screen(width: width)
    let text = screen.progressText("epoch 12/30", 1, parts)
    #expect(
      text == "epoch 12/30 \(String(repeating: "█", count: bar))  " + parts.joined(separator: "  "))
    #expect(text.displayWidth < width)
  }
}
