import ApusNumerics
import Testing

@Suite struct DecimalTextTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (-3_228_864, "-3,228,864"), (100, "100"),
  ])
  func groups(number: Int, text: String) {
    #expect(number.grouped == text)
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
