import ApusNumerics
import Testing

/// Expected numbers are NumPy's: `np.quantile([3, 1, 4, 1, 5, 9, 2, 6], p)`.
@Suite struct QuantilesTests {
  @Test func interpolatesAsNumPyDoes() {
    let found = quantiles([0, 0.1, 0.25, 0.5, 0.9, 1], of: [3, 1, 4, 1, 5, 9, 2, 6])
    let expected = [1.0, 1.0, 1.75, 3.5, 6.9, 9.0]
    for (value, wanted) in zip(found, expected) { #expect(abs(value - wanted) < 1e-12) }
  }

  @Test func medianOfOddAndEven() {
    #expect(median(of: [5, 1, 3]) == 3)
    #expect(median(of: [5, 1, 3, 4]) == 3.5)
    #expect(median(of: []).isNaN)
    #expect(median(of: [1, .nan]).isNaN)
  }
}
