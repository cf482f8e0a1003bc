import Glibc

/// The regularized incomplete gamma function `P(a, x)`, by series or continued fraction.
///
/// Reference: Abramowitz, Stegun (1964), "Handbook of mathematical functions", 6.5.29, 6.5.31.
func regularizedGamma(_ a: Double, _ x: Double) -> Double {
  guard x > 0, a > 0 else { return 0 }
  let scale = exp(a * log(x) - x - lgamma(a))
  if x < a + 1 {
    var (term, sum, n) = (1 / a, 1 / a, a)
    while abs(term) > 1e-16 * abs(sum) {
      n += 1
      term *= x / n
      sum += term
    }
    return min(1, scale * sum)
  }
  // Lentz's evaluation of the continued fraction.
  var b = x + 1 - a
  var (c, d) = (1e300, 1 / b)
  var h = d
  for n in 1..<100_000 {
    let factor = -Double(n) * (Double(n) - a)
    b += 2
    d = 1 / (factor * d + b)
    c = b + factor / c
    h *= c * d
    if abs(c * d - 1) < 1e-15 { break }
  }
  return max(0, 1 - scale * h)
}

/// The `x` with `P(a, x) = p`, by bisection.
func gammaQuantile(_ a: Double, _ p: Double) -> Double {
  var (low, high) = (0.0, max(1, a))
  while regularizedGamma(a, high) < p { high *= 2 }
  for _ in 0..<200 {
    let middle = (low + high) / 2
    if regularizedGamma(a, middle) < p { low = middle } else { high = middle }
  }
  return (low + high) / 2
}

/// A test of a sum of squares against the χ² distribution.
public struct ChiSquare: Sendable {
  public let statistic: Double
  public let freedom: Int
  /// How likely a right model exceeds the statistic.
  public var probability: Double {
    1 - regularizedGamma(Double(freedom) / 2, statistic / 2)
  }
}

/// An estimate and the interval that holds the truth 95 times in 100.
public struct Estimate: Sendable {
  public let name: String
  public let value: Double
  public let lower: Double
  public let upper: Double
}

/// `Φ⁻¹(0.975)`.
let normalQuantile = 1.959963984540054
