import ApusTerminal
import Testing

@Suite struct ReadableNumbersTests {
  @Test(arguments: [
    (0.0, "0.0 ms"), (0.0015, "1.5 ms"), (0.085, "85 ms"), (0.0996, "0.1 s"), (12.34, "12.3 s"),
    (59.94, "59.9 s"), (59.96, "1 min 00 s"), (200, "3 min 20 s"), (3599.6, "1 h 00 min"),
    (3725, "1 h 02 min"), (86399, "1 d 00 h"), (97200, "1 d 03 h"), (-12.34, "-12.3 s"),
  ])
  func durations(seconds: Double, text: String) {
    #expect(Duration.seconds(seconds).readable == text)
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (-3_228_864, "-3,228,864"), (100, "100"),
  ])
  func groups(number: Int, text: String) {
    #expect(number.grouped == text)
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (13_200_000, "13.2 MB"), (999_499, "999 kB"),
    (999_500, "1.00 MB"), (99_950, "100 kB"), (1 << 40, "1.10 TB"),
  ])
  func bytes(number: Int, text: String) {
    #expect(number.readableBytes == text)
  }

  @Test func decimals() {
    #expect(0.94567.fixed(3) == "0.946")
    #expect((-0.5).fixed(0) == "-0")
    #expect(Double.nan.fixed(2) == "nan")
    #expect((-Double.infinity).fixed(2) == "-inf")
    #expect(1e300.fixed(1).count == 303)
    #expect(0.94567.percent() == "94.57 %")
    #expect(0.5.percent(0) == "50 %")
  }
}
