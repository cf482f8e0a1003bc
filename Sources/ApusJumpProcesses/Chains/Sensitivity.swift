/// How a distribution changes with a parameter that the generator depends on.
///
/// With `V = ∂W/∂θ` the derivative `s = ∂p/∂θ` obeys `ds/dt = s W + p V`. It is taken along with `p`
/// by uniformization: `s_{k+1} = s_k (1 + W/λ) + p_k V/λ` with the same Poisson weights.
public struct DistributionSensitivity: Sendable {
  /// `p` at the time.
  public let distribution: [Double]
  /// `∂p/∂θ` at the time.
  public let derivative: [Double]
}

extension SparseGenerator {
  /// The distribution after `time` and its derivative by a parameter.
  ///
  /// - Parameter slopes: `∂W_xy/∂θ` of jumps between different states; the diagonal follows.
  public func sensitivity(
    of start: [Double], slopes: [(from: Int, to: Int, slope: Double)], leakSlopes: [Double] = [],
    time: Double, tolerance: Double = 1e-12
  ) -> DistributionSensitivity {
    let rate = largestExit
    guard rate > 0, time > 0 else {
      return .init(distribution: start, derivative: start.map { _ in 0 })
    }
    let steps = max(1, (rate * time / 10_000).rounded(.up))
    let weights = PoissonWeights(mean: rate * time / steps, cut: tolerance / steps)
    var p = start
    var s = [Double](repeating: 0, count: states)
    var none: [Double] = []
    for _ in 0..<Int(steps) {
      var pSum = p.map { weights[0] * $0 }
      var sSum = s.map { weights[0] * $0 }
      var next = p
      for count in stride(from: 1, through: weights.last, by: 1) {
        let weight = weights[count]
        apply(s, into: &next, identity: 1, scale: 1 / rate, weight: 0, sum: &none)
        for (from, to, slope) in slopes {
          next[to] += slope * p[from] / rate
          next[from] -= slope * p[from] / rate
        }
        for (state, slope) in leakSlopes.enumerated() { next[state] -= slope * p[state] / rate }
        swap(&s, &next)
        apply(p, into: &next, identity: 1, scale: 1 / rate, weight: weight, sum: &pSum)
        swap(&p, &next)
        if weight != 0 { for state in 0..<states { sSum[state] += weight * s[state] } }
      }
      (p, s) = (pSum, sSum)
    }
    return .init(distribution: p, derivative: s)
  }
}
