import Glibc

/// Steps of time for `dy/dt = f(t, y)`, of fifth order, as long as an estimate of the error allows.
///
/// Between the ends of the last step values are known to fourth order.
///
/// References: Dormand, Prince (1980), "A family of embedded Runge–Kutta formulae", J. Comput. Appl.
/// Math. 6; Hairer, Nørsett, Wanner (1993), "Solving ordinary differential equations I", II.6.
package struct DormandPrince: Sendable {
  /// The values at ``time``.
  package private(set) var values: [Double]
  package private(set) var time: Double
  /// The time at which the last step began.
  package private(set) var lastTime: Double
  /// Steps tried, also those that were too long.
  package private(set) var tries = 0

  private let absoluteTolerance: Double
  private let relativeTolerance: Double
  private var lastValues: [Double]
  private var stage: [Double]
  private var slopes: [[Double]]
  private var isSloped = false
  private var length: Double?

  /// The time of each stage as a share of the step, and the weights of the slopes before it.
  private static let nodes: [Double] = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
  private static let weights: [[Double]] = [
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
  /// The weights of what the values between the ends of a step need beside them and their slopes.
  private static let between: [Double] = [
    -12_715_105_075 / 11_282_082_432, 0, 87_487_479_700 / 32_700_410_799,
    -10_690_763_975 / 1_880_347_072, 701_980_252_875 / 199_316_789_632,
    -1_453_857_185 / 822_651_844, 69_997_945 / 29_380_423,
  ]

  /// - Parameters:
  ///   - absoluteTolerance: what a step may be wrong by in each value, …
  ///   - relativeTolerance: … beside this share of it.
  package init(
    _ values: [Double], at time: Double = 0, absoluteTolerance: Double,
    relativeTolerance: Double = 0
  ) {
    self.values = values
    self.time = time
    self.absoluteTolerance = absoluteTolerance
    self.relativeTolerance = relativeTolerance
    lastTime = time
    lastValues = values
    stage = values
    slopes = Array(repeating: Array(repeating: 0, count: values.count), count: 7)
  }

  /// Goes on from other values; the length of steps stays as it is.
  package mutating func restart(from values: [Double], at time: Double) {
    self.values = values
    self.time = time
    lastTime = time
    isSloped = false
  }

  /// Writes `f(t, y)`.
  package typealias Slope<Failure: Error> = (
    _ time: Double, _ y: [Double], _ slopes: inout [Double]
  ) throws(Failure) -> Void

  /// Takes one step, at most to `end`.
  ///
  /// - Returns: false where a step as short as numbers allow, or `most` tries, do not suffice.
  package mutating func step<Failure: Error>(
    to end: Double, most: Int = 1000, _ slope: Slope<Failure>
  ) throws(Failure) -> Bool {
    guard time < end else { return true }
    if !isSloped { try slope(time, values, &slopes[0]) }
    isSloped = true
    for _ in 0..<most {
      tries += 1
      let proposed = length ?? firstLength(atMost: end - time)
      let isLast = time + proposed >= end
      let taken = isLast ? end - time : proposed
      guard time + taken > time else { return false }
      let error = try attempt(taken, slope)
      let factor = error > 0 ? 0.9 * pow(error, -0.2) : 5
      let next = taken * min(max(factor.isNaN ? 0.2 : factor, 0.2), 5)
      guard error <= 1 else {
        length = next
        continue
      }
      // A step that the end cut short says nothing against the longer one.
      length = isLast ? max(proposed, next) : next
      lastTime = time
      time = isLast ? end : time + taken
      swap(&lastValues, &values)
      swap(&values, &stage)
      slopes.swapAt(0, 6)
      return true
    }
    return false
  }

  /// A step in which no value changes by more than a hundredth at its first slope.
  private func firstLength(atMost limit: Double) -> Double {
    let fastest = slopes[0].reduce(0) { max($0, $1.magnitude) }
    return fastest > 0 ? min(0.01 / fastest, limit) : limit
  }

  /// Puts the values after a step into `stage`; gives the error over the tolerance.
  private mutating func attempt<Failure: Error>(
    _ taken: Double, _ slope: Slope<Failure>
  ) throws(Failure) -> Double {
    for (place, weights) in Self.weights.enumerated() {
      for index in stage.indices {
        var sum = 0.0
        for (earlier, weight) in weights.enumerated() { sum += weight * slopes[earlier][index] }
        stage[index] = values[index] + taken * sum
      }
      try slope(time + Self.nodes[place] * taken, stage, &slopes[place + 1])
    }
    var worst = 0.0
    for index in stage.indices {
      var difference = 0.0
      for (weight, slope) in zip(Self.error, slopes) { difference += weight * slope[index] }
      let size = max(stage[index].magnitude, values[index].magnitude)
      let error = taken * difference.magnitude / (absoluteTolerance + relativeTolerance * size)
      guard !error.isNaN else { return .nan }
      worst = max(worst, error)
    }
    return worst
  }

  /// A value at a time within the last step.
  package func value(_ index: Int, at moment: Double) -> Double {
    let taken = time - lastTime
    guard taken > 0, moment < time else { return values[index] }
    let share = (moment - lastTime) / taken
    // After a step the slope at its end comes first, the one at its start last.
    let (first, last) = (slopes[6][index], slopes[0][index])
    var bend = Self.between[0] * first + Self.between[6] * last
    for stage in 2..<6 { bend += Self.between[stage] * slopes[stage][index] }
    let change = values[index] - lastValues[index]
    let start = taken * first - change
    let end = change - taken * last - start
    let inner = end + (1 - share) * taken * bend
    return lastValues[index] + share * (change + (1 - share) * (start + share * inner))
  }
}
