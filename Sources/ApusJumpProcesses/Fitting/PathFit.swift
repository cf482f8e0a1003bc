import Glibc

/// States of a process as they were seen: one path, at rising times.
public struct ObservedPath: Sendable {
  public var times: [Double]
  public var states: [Int]

  public init(times: [Double], states: [Int]) {
    self.times = times
    self.states = states
  }
}

/// Rates of a chain of which every jump was seen, by maximum likelihood.
///
/// With `N_xy` jumps and the time `T_x` spent, `Ŵ_xy = N_xy / T_x`. The interval is that of a Poisson
/// count. The last row of a path ends its last stay.
///
/// References: Billingsley (1961), "Statistical inference for Markov processes"; Garwood (1936),
/// "Fiducial limits for the Poisson distribution", Biometrika 28.
public struct PathFit: Sendable {
  /// `W`, over the states in their order.
  public let generator: DenseMatrix
  /// Of every jump that was seen or could have been: `from -> to`.
  public let rates: [Estimate]
  public let jumps: Int
  public let logLikelihood: Double
  /// Whether stays are exponential: ten classes of equal probability; nil for too few stays.
  public let fit: ChiSquare?

  public init(_ paths: [ObservedPath], states names: [String]) throws(JumpProcessError) {
    let n = names.count
    var (counts, stays) = (DenseMatrix(rows: n, columns: n), [Double](repeating: 0, count: n))
    var finished: [(state: Int, time: Double)] = []
    for path in paths {
      var since = path.times.first ?? 0
      for index in 1..<max(1, path.states.count) {
        let (before, after) = (path.states[index - 1], path.states[index])
        stays[before] += path.times[index] - path.times[index - 1]
        guard after != before else { continue }
        counts[before, after] += 1
        finished.append((before, path.times[index] - since))
        since = path.times[index]
      }
    }
    guard !finished.isEmpty else {
      throw .setting("the paths hold no jump: there is nothing to fit")
    }
    var generator = DenseMatrix(rows: n, columns: n)
    var (rates, likelihood): ([Estimate], Double) = ([], 0)
    for from in 0..<n where stays[from] > 0 {
      for to in 0..<n where to != from {
        let (count, time) = (counts[from, to], stays[from])
        let rate = count / time
        generator[from, to] = rate
        generator[from, from] -= rate
        likelihood += (count > 0 ? count * log(rate) : 0) - rate * time
        rates.append(
          Estimate(
            name: "\(names[from]) -> \(names[to])", value: rate,
            lower: count > 0 ? gammaQuantile(count, 0.025) / time : 0,
            upper: gammaQuantile(count + 1, 0.975) / time))
      }
    }
    self.generator = generator
    self.rates = rates
    jumps = finished.count
    logLikelihood = likelihood
    fit = Self.test(finished.map { 1 - exp($0.time * generator[$0.state, $0.state]) }, fitted: n)
  }

  /// Whether numbers are uniform over 0 to 1, in ten classes.
  ///
  /// `fitted` parameters take a degree of freedom each, as far as five are left.
  static func test(_ values: [Double], fitted: Int) -> ChiSquare? {
    guard values.count >= 50 else { return nil }
    var classes = [Double](repeating: 0, count: 10)
    for value in values { classes[min(9, max(0, Int(value * 10)))] += 1 }
    let expected = Double(values.count) / 10
    let statistic = classes.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
    return ChiSquare(statistic: statistic, freedom: max(5, 9 - fitted))
  }
}
