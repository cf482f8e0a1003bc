import Numerics

/// Steps of time for `dy/dt = f(y)`, of fifth order, as long as an estimate of the error allows.
///
/// Reference: Dormand, Prince (1980), "A family of embedded Runge–Kutta formulae", J. Comput. Appl.
/// Math. 6.
struct DormandPrince {
  private(set) var values: [Complex<Double>]
  private(set) var time = 0.0

  private let tolerance: Double
  private var step: Double?
  private var steps = 0

  /// The weights of the slopes before each stage, and those of the error.
  private static let stages: [[Double]] = [
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  ]
  private static let error: [Double] = [
    71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40,
  ]

  init(_ values: [Complex<Double>], tolerance: Double) {
    (self.values, self.tolerance) = (values, tolerance)
  }

  /// Goes on to `end`.
  ///
  /// - Throws: ``LindbladError`` where `maximumSteps` in all do not suffice.
  mutating func advance(
    to end: Double, maximumSteps: Int, _ slope: ([Complex<Double>]) -> [Complex<Double>]
  ) throws(LindbladError) {
    guard end > time else { return }
    var first = slope(values)
    var length = step ?? initialStep(first, end - time)
    while time < end {
      guard steps < maximumSteps else { throw .stepLimit(limit: maximumSteps, time: time) }
      steps += 1
      let isLast = time + length >= end
      let taken = isLast ? end - time : length
      let (next, last, error) = trial(first, taken, slope)
      if error <= 1 {
        time = isLast ? end : time + taken
        (values, first) = (next, last)
      }
      let factor = error > 0 ? 0.9 * Double.pow(error, -0.2) : 5
      let proposed = taken * min(max(factor.isNaN ? 0.2 : factor, 0.2), 5)
      // A step that the end cut short says nothing against the longer one.
      length = isLast && error <= 1 ? max(length, proposed) : proposed
      guard length > 0 else { throw .stepLimit(limit: steps, time: time) }
    }
    step = length
  }

  /// A step in which the state changes by a hundredth at its first slope.
  private func initialStep(_ slope: [Complex<Double>], _ most: Double) -> Double {
    let rate = slope.reduce(0) { max($0, $1.length) }
    return rate > 0 ? min(0.01 / rate, most) : most
  }

  /// Values and slope after a step, and its error over the tolerance.
  private func trial(
    _ first: [Complex<Double>], _ length: Double,
    _ slope: ([Complex<Double>]) -> [Complex<Double>]
  ) -> (next: [Complex<Double>], last: [Complex<Double>], error: Double) {
    var slopes = [first]
    var next = values
    for weights in Self.stages {
      next = values
      for (weight, slope) in zip(weights, slopes) where weight != 0 {
        let factor = weight * length
        for index in next.indices {
          next[index] += Complex(factor * slope[index].real, factor * slope[index].imaginary)
        }
      }
      slopes.append(slope(next))
    }
    var worst = 0.0
    for index in next.indices {
      var difference = Complex<Double>.zero
      for (weight, slope) in zip(Self.error, slopes) {
        difference += Complex(weight * slope[index].real, weight * slope[index].imaginary)
      }
      worst = max(worst, difference.length * length)
    }
    return (next, slopes[6], worst / tolerance)
  }
}
