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
}
