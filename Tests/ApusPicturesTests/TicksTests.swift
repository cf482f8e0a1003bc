import ApusPictures
import Testing

@Suite struct TicksTests {
  @Test(arguments: [
    (0.0...1.0, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    (0.13...0.94, 5, [0.2, 0.4, 0.6, 0.8]),
    (-3.0...3.0, 6, [-3, -2, -1, 0, 1, 2, 3]),
    (0.0...4690.0, 10, [0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500]),
  ])
  func areRoundNumbers(range: ClosedRange<Double>, count: Int, expected: [Double]) {
    let ticks = Ticks(in: range, count: count).values
    #expect(ticks.count == expected.count)
    for (tick, number) in zip(ticks, expected) { #expect(abs(tick - number) < 1e-12) }
  }

  @Test func countWholeNumbersOnRequest() {
    #expect(Ticks(in: 1...3, count: 10, integers: true).values == [1, 2, 3])
  }

  /// Such numbers come from files that somebody changed.
  @Test(arguments: [
    -1e308...1e308, 1e300...1e300, 1e17...1.000_000_1e17, 0...Double.leastNonzeroMagnitude,
  ])
  func areFewWhereNumbersAreExtreme(range: ClosedRange<Double>) {
    #expect(Ticks(in: range, count: 5).values.count <= 11)
    #expect(Ticks(around: range, count: 5).values.count <= 11)
  }

  @Test func surviveAnEmptyRange() {
    #expect(Ticks(in: 2...2, count: 5).values == [2])
  }

  @Test(arguments: [
    (0.13...0.94, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0.18...1.1, [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2]),
    (0.0...1.0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
  ])
  func encloseARange(range: ClosedRange<Double>, expected: [Double]) {
    let ticks = Ticks(around: range, count: 5).values
    #expect(ticks.count == expected.count)
    for (tick, number) in zip(ticks, expected) { #expect(abs(tick - number) < 1e-12) }
  }

  @Test(arguments: [
    (0.0...1.0, 0.2, "0.2"), (0.0...0.1, 0.02, "0.02"), (0.0...100.0, 20, "20"),
    (-1.0...1.0, -0.5, "−0.5"), (0.0...5e7, 1e7, "1e7"), (0.0...5e-6, 2e-6, "2e−6"),
  ])
  func haveTheDecimalsOfTheirStep(range: ClosedRange<Double>, value: Double, label: String) {
    #expect(Ticks(in: range, count: 5).label(of: value) == label)
  }

  @Test func roundToDecimals() {
    #expect(Ticks.fixed(0.005, decimals: 2) == "0.01")
    #expect(Ticks.fixed(-0.001, decimals: 2) == "0.00")
    #expect(Ticks.fixed(-12.345, decimals: 1) == "−12.3")
    #expect(Ticks.fixed(7, decimals: 0) == "7")
  }
}
