import ApusNumerics
import Testing

@Suite struct RunningStatisticsTests {
  @Test func momentsOfASmallSample() {
    let seen = RunningStatistics([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(seen.count == 8)
    #expect(seen.mean == 5)
    #expect(seen.populationVariance == 4)
    #expect(abs(seen.sampleVariance - 32.0 / 7) < 1e-15)
    #expect(seen.minimum == 2 && seen.maximum == 9)
  }

  @Test func aLargeOffsetDoesNotCancel() {
    let seen = RunningStatistics([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])
    #expect(seen.sampleVariance == 30)
  }

  @Test func mergingIsSeeingBoth() {
    var first = RunningStatistics([1, 2, 3.5])
    first.merge(RunningStatistics([-4, 8]))
    first.merge(RunningStatistics())
    let both = RunningStatistics([1, 2, 3.5, -4, 8])
    #expect(first.count == 5)
    #expect(abs(first.mean - both.mean) < 1e-15)
    #expect(abs(first.sampleVariance - both.sampleVariance) < 1e-13)
    #expect(first.minimum == -4 && first.maximum == 8)
  }

  @Test func nothingSeenHasNoVariance() {
    #expect(RunningStatistics().populationVariance == 0)
    #expect(RunningStatistics([1]).sampleVariance.isNaN)
  }
}
