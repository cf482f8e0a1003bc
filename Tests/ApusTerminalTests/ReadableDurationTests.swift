import ApusTerminal
import Testing

@Suite struct ReadableDurationTests {
  @Test(arguments: [
    (0.0, "0.0 ms"), (0.0015, "1.5 ms"), (0.085, "85 ms"), (0.0996, "0.1 s"), (12.34, "12.3 s"),
    (59.94, "59.9 s"), (59.96, "1 min 00 s"), (200, "3 min 20 s"), (3599.6, "1 h 00 min"),
    (3725, "1 h 02 min"), (86399, "1 d 00 h"), (97200, "1 d 03 h"), (-12.34, "-12.3 s"),
  ])
  func durations(seconds: Double, text: String) {
    #expect(Duration.seconds(seconds).readable == text)
  }
}
