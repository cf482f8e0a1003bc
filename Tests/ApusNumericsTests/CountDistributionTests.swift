import ApusNumerics
import Glibc
import Testing

/// Draws of whole numbers against their exact probabilities.
@Suite struct CountDistributionTests {
  /// The χ² of counts over cells that each expect 20 or more, in standard deviations from its mean.
  private func excess(_ draws: [Double], _ probability: (Int) -> Double) -> Double {
    var (sum, cells) = (0.0, 0)
    var (observed, expected) = (0.0, 0.0)
    let counts = Dictionary(draws.map { ($0, 1.0) }, uniquingKeysWith: +)
    for k in 0...Int(draws.max() ?? 0) + 20 {
      observed += counts[Double(k)] ?? 0
      expected += Double(draws.count) * probability(k)
      guard expected >= 20 else { continue }
      sum += (observed - expected) * (observed - expected) / expected
      cells += 1
      (observed, expected) = (0, 0)
    }
    return (sum - Double(cells)) / (2 * Double(cells)).squareRoot()
  }

  /// The null: draws are Poisson.
  ///
  /// A correct program exceeds 5 less than once in 10,000 seeds.
  @Test(arguments: [0.3, 4, 9.9, 10, 37.5, 1000]) func poissonDrawsAre(mean: Double) {
    var stream = PhiloxStream(seed: 4, purpose: 99)
    let draws = (0..<20_000).map { _ in stream.poisson(mean: mean) }
    #expect(
      excess(draws) { exp(Double($0) * log(mean) - mean - logGamma(Double($0) + 1)) } < 5)
  }

  @Test(arguments: [(5.0, 0.3), (40, 0.1), (40, 0.9), (100, 0.5), (5000, 0.02), (1e6, 0.4)])
  func binomialDrawsAre(trials: Double, probability: Double) {
    var stream = PhiloxStream(seed: 5, purpose: 99)
    let draws = (0..<20_000).map { _ in stream.binomial(trials: trials, probability: probability) }
    #expect(draws.allSatisfy { 0...trials ~= $0 })
    let ways = logGamma(trials + 1)
    #expect(
      excess(draws) { k in
        let k = Double(k)
        guard k <= trials else { return 0 }
        return exp(
          ways - logGamma(k + 1) - logGamma(trials - k + 1) + k * log(probability)
            + (trials - k) * log(1 - probability))
      } < 5)
  }

  @Test func edgesAreExact() {
    var stream = PhiloxStream(seed: 6, purpose: 99)
    #expect(stream.poisson(mean: 0) == 0)
    #expect(stream.binomial(trials: 0, probability: 0.5) == 0)
    #expect(stream.binomial(trials: 9, probability: 1) == 9)
    #expect(stream.binomial(trials: 9, probability: 0) == 0)
  }

  @Test func logFactorialsAre() {
    for k in [0.0, 1, 5, 9, 10, 11, 50, 1e3, 1e9] {
      #expect(abs(logFactorial(k) - logGamma(k + 1)) <= 1e-13 * max(1, logGamma(k + 1)))
    }
  }
}

/// `log Γ(x)` of the C library, by its thread-safe name.
private func logGamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}
