import Glibc

/// Functions and distributions that estimates and tests need.
enum Elementary {
  static func exp(_ x: Double) -> Double { Glibc.exp(x) }

  /// The share of a gamma distribution of shape `a` and scale 1 below `x`.
  ///
  /// Series below `a + 1`, continued fraction above (Abramowitz, Stegun 6.5.29 and 6.5.31).
  static func gammaShare(_ a: Double, below x: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < .infinity else { return 1 }
    let front = Glibc.exp(a * Glibc.log(x) - x - lgamma(a))
    if x < a + 1 {
      var (term, sum, n) = (1 / a, 1 / a, a)
      while term > sum * 1e-16 {
        n += 1
        term *= x / n
        sum += term
      }
      return min(1, front * sum)
    }
    // Lentz's method.
    var b = x + 1 - a
    var (c, d) = (1e300, 1 / b)
    var fraction = d
    for k in 1...10_000 {
      let factor = -Double(k) * (Double(k) - a)
      b += 2
      d = 1 / nonzero(factor * d + b)
      c = nonzero(b + factor / c)
      fraction *= c * d
      if abs(c * d - 1) < 1e-15 { break }
    }
    return max(0, 1 - front * fraction)
  }

  private static func nonzero(_ x: Double) -> Double { abs(x) < 1e-300 ? 1e-300 : x }

  /// The number below which a share of a gamma distribution of shape `a` lies.
  static func gammaQuantile(_ a: Double, share: Double) -> Double {
    guard share > 0 else { return 0 }
    var (low, high) = (0.0, a + 1)
    while gammaShare(a, below: high) < share { high *= 2 }
    for _ in 0..<200 where high - low > 1e-14 * high {
      let middle = (low + high) / 2
      if gammaShare(a, below: middle) < share { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The probability that a χ² of so many degrees of freedom is above `x`.
  static func chiSquareTail(_ x: Double, degrees: Double) -> Double {
    1 - gammaShare(degrees / 2, below: x / 2)
  }

  /// How many standard deviations around zero hold a share of the standard normal distribution.
  static func normalHalfWidth(_ share: Double) -> Double {
    (2 * gammaQuantile(0.5, share: share)).squareRoot()
  }

  /// The probability of a distance above `distance` between `count` numbers and their distribution.
  ///
  /// Reference: Kolmogorov (1933); for small counts by Stephens (1970), J. R. Statist. Soc. B 32.
  static func kolmogorovTail(_ distance: Double, count: Int) -> Double {
    let root = Double(count).squareRoot()
    let x = distance * (root + 0.12 + 0.11 / root)
    guard x > 0.2 else { return 1 }
    var sum = 0.0
    for k in 1...100 {
      let term = Glibc.exp(-2 * Double(k * k) * x * x)
      sum += k % 2 == 1 ? term : -term
      if term < 1e-16 { break }
    }
    return min(1, max(0, 2 * sum))
  }

  /// The largest distance between the shares of sorted numbers of [0, 1] and the numbers.
  static func kolmogorovDistance(_ numbers: [Double]) -> Double {
    let count = Double(numbers.count)
    return numbers.sorted().enumerated().reduce(0) { worst, number in
      let (place, value) = (Double(number.offset), number.element)
      return max(worst, (place + 1) / count - value, value - place / count)
    }
  }
}
