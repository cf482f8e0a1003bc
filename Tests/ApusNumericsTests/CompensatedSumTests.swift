import ApusNumerics
import Testing

@Suite struct CompensatedSumTests {
  @Test func keepsWhatAPlainSumLoses() {
    #expect(CompensatedSum([1, 1e100, 1, -1e100]).value == 2)
    #expect([1, 1e100, 1, -1e100].reduce(0, +) == 0)
  }

  @Test func infinityStaysInfinity() {
    #expect(CompensatedSum([1, .infinity, 1]).value == .infinity)
    #expect(CompensatedSum([.infinity, -.infinity]).value.isNaN)
    #expect(CompensatedSum([]).value == 0)
  }
}
