import ApusNumerics
import Testing

/// Statistical tests at fixed seeds: |z| < 4 fails a correct generator about once in 16 000 seeds.
@Suite struct DistributionsTests {
  let draws = 20_000

  /// The moments and bounds of many draws.
  private struct Sample {
    let mean: Double
    let variance: Double
    let minimum: Double
    let maximum: Double
    let standardError: Double

    init(_ values: [Double]) {
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      self.mean = mean
      variance = squares / (count - 1)
      minimum = values.min() ?? .nan
      maximum = values.max() ?? .nan
      standardError = (variance / count).squareRoot()
    }
  }

  private func sample(seed: UInt64, _ draw: (inout PhiloxStream) -> Double) -> Sample {
    var stream = PhiloxStream(seed: seed, purpose: 99)
    return Sample((0..<draws).map { _ in draw(&stream) })
  }

  private func z(_ sample: Sample, mean: Double) -> Double {
    (sample.mean - mean) / sample.standardError
  }

  @Test func uniformHasItsMomentsAndBounds() {
    let seen = sample(seed: 1) { $0.uniform(from: -1, to: 3) }
    #expect(abs(z(seen, mean: 1)) < 4)
    #expect(seen.minimum >= -1 && seen.maximum < 3)
    // Var = 16/12; the variance of its estimate over n draws is (μ₄ − σ⁴)/n with μ₄ = 256/80.
    let error = ((256.0 / 80 - 16.0 / 9) / Double(draws)).squareRoot()
    #expect(abs(seen.variance - 16.0 / 12) < 4 * error)
  }

  @Test func normalHasItsMoments() {
    let seen = sample(seed: 2) { $0.normal(mean: 5, standardDeviation: 2) }
    #expect(abs(z(seen, mean: 5)) < 4)
    #expect(abs(seen.variance - 4) < 4 * (2.0 * 16 / Double(draws)).squareRoot())
    let beyond = sample(seed: 3) { abs($0.normal()) > 1.959964 ? 1 : 0 }
    #expect(abs(z(beyond, mean: 0.05)) < 4)
  }

  @Test(arguments: [0.01, 0.2, 1])
  func symmetricBetaHasItsMoments(concentration: Double) {
    let seen = sample(seed: 5) { $0.symmetricBeta(concentration: concentration) }
    #expect(abs(z(seen, mean: 0.5)) < 4)
    #expect(seen.minimum >= 0 && seen.maximum <= 1)
    let squares = sample(seed: 6) {
      let draw = $0.symmetricBeta(concentration: concentration) - 0.5
      return draw * draw
    }
    #expect(abs(z(squares, mean: 0.25 / (2 * concentration + 1))) < 4)
  }

  @Test func pairsOfNormalsAreUncorrelated() {
    let products = sample(seed: 4) {
      let pair = $0.normalPair()
      return pair.0 * pair.1
    }
    #expect(abs(z(products, mean: 0)) < 4)
  }

  @Test func truncatedNormalStaysWithinTwoDeviations() {
    let seen = sample(seed: 5) { $0.truncatedNormal(mean: 1, standardDeviation: 3) }
    #expect(seen.minimum >= -5 && seen.maximum <= 7)
    #expect(abs(z(seen, mean: 1)) < 4)
    // σ² = 1 − 2·2φ(2)/(2Φ(2) − 1) = 0.77374
    #expect(abs(seen.variance / 9 - 0.77374) < 0.03)
  }

  @Test(arguments: [1, 2, 3, 10, 1000])
  func integersAreUniform(bound: Int) {
    var stream = PhiloxStream(seed: 6, purpose: UInt32(bound))
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<draws { counts[stream.uniformInteger(below: bound)] += 1 }
    let expected = Double(draws) / Double(bound)
    let chiSquared = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
    let degrees = Double(bound - 1)
    // χ² has mean k and variance 2k; its right tail is heavier than a normal one, hence 5.
    #expect(chiSquared / expected - degrees <= 5 * (2 * degrees).squareRoot())
  }

  @Test func arraysAreFilledToTheirOddEnd() {
    var stream = PhiloxStream(seed: 7, purpose: 1)
    var values = [Float](repeating: .nan, count: 7)
    values.withUnsafeMutableBufferPointer { stream.fillNormal($0, mean: 2, standardDeviation: 0) }
    #expect(values == [2, 2, 2, 2, 2, 2, 2])
    values.withUnsafeMutableBufferPointer { stream.fillUniform($0, from: 3, to: 3) }
    #expect(values == [3, 3, 3, 3, 3, 3, 3])
  }
}
