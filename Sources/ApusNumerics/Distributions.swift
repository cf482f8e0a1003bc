import Glibc

extension RandomNumberGenerator {
  /// A number uniform over `0 ..< 1`, a multiple of 2⁻⁵³.
  @inlinable
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number uniform over `lower ..< upper`.
  ///
  /// - Precondition: both bounds are finite and `lower <= upper`.
  @inlinable
  public mutating func uniform(from lower: Double, to upper: Double) -> Double {
    precondition(lower <= upper && (upper - lower).isFinite, "no range \(lower) ..< \(upper)")
    return min(lower + (upper - lower) * uniform(), upper == lower ? lower : upper.nextDown)
  }

  /// Two independent draws of the standard normal distribution.
  ///
  /// Reference: Box, Muller (1958), "A note on the generation of random normal deviates", Ann.
  /// Math. Stat. 29.
  @inlinable
  public mutating func normalPair() -> (Double, Double) {
    let radius = (-2 * log(1 - uniform())).squareRoot()  // 1 − u is in (0, 1], its log is finite
    let angle = 2 * Double.pi * uniform()
    return (radius * cos(angle), radius * sin(angle))
  }

  /// One draw of the normal distribution.
  ///
  /// It takes a pair and drops the second, so that no draw depends on an earlier call; fill an
  /// array with ``fillNormal(_:mean:standardDeviation:)``, which uses both.
  @inlinable
  public mutating func normal(mean: Double = 0, standardDeviation: Double = 1) -> Double {
    mean + standardDeviation * normalPair().0
  }

  /// One draw of the normal distribution cut off two standard deviations from its mean.
  ///
  /// Draws outside are drawn again, as Keras' `TruncatedNormal` does; the standard deviation of the
  /// result is 0.8796 of the one given.
  public mutating func truncatedNormal(
    mean: Double = 0, standardDeviation: Double = 1
  ) -> Double {
    while true {
      let pair = normalPair()
      if abs(pair.0) <= 2 { return mean + standardDeviation * pair.0 }
      if abs(pair.1) <= 2 { return mean + standardDeviation * pair.1 }
    }
  }

  /// One draw of the Beta distribution whose two parameters are both `concentration`.
  ///
  /// Two powers of uniform numbers, drawn again until their sum is at most 1; logarithms keep small
  /// concentrations from vanishing.
  ///
  /// - Precondition: `concentration` is above 0 and at most 1, where a draw takes at most two tries on
  ///   average.
  ///
  /// Reference: Jöhnk (1964), "Erzeugung von betaverteilten und gammaverteilten Zufallszahlen", Metrika 8.
  public mutating func symmetricBeta(concentration: Double) -> Double {
    precondition(concentration > 0 && concentration <= 1, "no concentration: \(concentration)")
    while true {
      let (x, y) = (log(1 - uniform()) / concentration, log(1 - uniform()) / concentration)
      let greater = max(x, y)
      let logarithmOfSum = greater + log(exp(x - greater) + exp(y - greater))
      if logarithmOfSum <= 0 { return exp(x - logarithmOfSum) }
    }
  }

  /// An integer uniform over `0 ..< bound`, without bias.
  ///
  /// The algorithm is fixed here, and not the standard library's, because the order of examples in
  /// a resumed run must not change with the compiler.
  ///
  /// - Precondition: `bound` is positive.
  ///
  /// Reference: Lemire (2019), "Fast random integer generation in an interval", ACM TOMACS 29.
  @inlinable
  public mutating func uniformInteger(below bound: Int) -> Int {
    precondition(bound > 0, "no integer is below \(bound) and at least 0")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// Whether an event of this probability happens.
  @inlinable
  public mutating func happens(withProbability probability: Double) -> Bool {
    uniform() < probability
  }

  /// Fills `values` with draws uniform over `lower ..< upper`.
  public mutating func fillUniform(
    _ values: UnsafeMutableBufferPointer<Float>, from lower: Double, to upper: Double
  ) {
    for index in values.indices { values[index] = Float(uniform(from: lower, to: upper)) }
  }

  /// Fills `values` with draws of the normal distribution, in pairs.
  public mutating func fillNormal(
    _ values: UnsafeMutableBufferPointer<Float>, mean: Double = 0, standardDeviation: Double = 1
  ) {
    for index in stride(from: 0, to: values.count, by: 2) {
      let (first, second) = normalPair()
      values[index] = Float(mean + standardDeviation * first)
      if index + 1 < values.count {
        values[index + 1] = Float(mean + standardDeviation * second)
      }
    }
  }
}
