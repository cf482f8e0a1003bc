/// The count, mean, variance, least and greatest of numbers seen one at a time.
///
/// References: Welford (1962), "Note on a method for calculating corrected sums of squares and products",
/// Technometrics 4; for ``merge(_:)`` Chan, Golub, LeVeque (1983), Am. Stat. 37.
package struct RunningStatistics: Sendable {
  /// How many numbers were seen.
  package private(set) var count = 0
  /// Their mean; 0 before the first.
  package private(set) var mean = 0.0
  /// The least of them; infinity before the first.
  package private(set) var minimum = Double.infinity
  /// The greatest of them; minus infinity before the first.
  package private(set) var maximum = -Double.infinity
  private var squares = 0.0

  /// Statistics of nothing yet.
  package init() {}

  /// The statistics of `values`.
  package init(_ values: some Sequence<Double>) {
    for value in values { add(value) }
  }

  /// Takes one number in.
  package mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / Double(count)
    squares += difference * (value - mean)
    minimum = min(minimum, value)
    maximum = max(maximum, value)
  }

  /// Takes in what another one has seen.
  package mutating func merge(_ other: RunningStatistics) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let total = Double(count + other.count)
    let difference = other.mean - mean
    mean += difference * Double(other.count) / total
    squares += other.squares + difference * difference * Double(count) * Double(other.count) / total
    count += other.count
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
  }

  /// The mean squared distance from the mean (divided by `n`); 0 before the first number.
  package var populationVariance: Double { count > 0 ? squares / Double(count) : 0 }

  /// The unbiased estimate of the variance (divided by `n − 1`); NaN below two numbers.
  package var sampleVariance: Double { count > 1 ? squares / Double(count - 1) : .nan }

  /// The standard deviation of the mean, from ``sampleVariance``.
  package var standardError: Double { (sampleVariance / Double(count)).squareRoot() }
}
