import Glibc

extension GeneratorFit {
  /// From states that were seen at times, without what happened between.
  ///
  /// The likelihood of the transitions seen, `Π P(Δ)`, is climbed by expectation and maximization: the
  /// jumps and durations that complete paths would have shown on average give the next rates. Intervals
  /// come from the curvature of the likelihood in the logarithms of the rates; a rate that went to zero
  /// has the largest value with which the likelihood is still within the interval's bound. The fit asks
  /// whether the next state depends on the one before the last too (Anderson, Goodman 1957, Ann. Math.
  /// Statist. 28), where all spacings are equal.
  ///
  /// Reference: Bladt, Sørensen (2005), "Statistical inference for discretely observed Markov jump
  /// processes", J. R. Statist. Soc. B 67.
  ///
  /// - Parameter report: called with the log-likelihood after some of the steps.
  public init(
    snapshots records: [StateRecord], states: [String], confidence: Double = 0.95,
    report: (_ iteration: Int, _ logLikelihood: Double) throws -> Void = { _, _ in }
  ) throws {
    try Self.check(records, states, confidence)
    let counts = TransitionCounts(records, states: states.count)
    guard counts.total > 0 else {
      throw FitError.data(line: nil, "no path was seen twice: there is no transition")
    }
    let seen = Set(records.flatMap(\.states))
    if let unseen = states.indices.first(where: { !seen.contains($0) }) {
      throw FitError.data(
        line: nil,
        "state \(states[unseen]) is never seen, so nothing is known of its rates; leave it out")
    }
    var climb = ExpectationMaximization(counts)
    while !climb.hasConverged {
      guard climb.iterations < 20_000 else {
        throw FitError.noConvergence(
          "the likelihood still rises after \(climb.iterations) steps, at \(climb.logLikelihood)"
            + counts.embeddability.hint)
      }
      climb.advance()
      if climb.iterations % 20 == 0 { try report(climb.iterations, climb.logLikelihood) }
    }
    let uncertainty = GeneratorUncertainty(
      counts, climb.generator, confidence: confidence, states: states)
    self.init(
      states: states, rates: climb.generator.rowLists, estimates: uncertainty.estimates,
      logLikelihood: counts.logLikelihood(climb.generator), fit: Self.order(records, states.count),
      embeddability: counts.embeddability, iterations: climb.iterations)
  }

  /// Whether the last state alone decides about the next, where all spacings are equal.
  private static func order(_ records: [StateRecord], _ size: Int) -> GoodnessOfFit? {
    guard TransitionCounts(records, states: size).spacings.count == 1 else { return nil }
    var counts = [Double](repeating: 0, count: size * size * size)
    for record in records where record.states.count > 2 {
      for place in 2..<record.states.count {
        let (i, j, k) = (record.states[place - 2], record.states[place - 1], record.states[place])
        counts[(i * size + j) * size + k] += 1
      }
    }
    var (statistic, degrees) = (0.0, 0)
    for middle in 0..<size {
      let table = (0..<size).map { first in
        (0..<size).map { counts[(first * size + middle) * size + $0] }
      }
      let rows = table.map { $0.reduce(0, +) }
      let columns = (0..<size).map { k in table.reduce(0) { $0 + $1[k] } }
      let total = rows.reduce(0, +)
      for (first, row) in table.enumerated() {
        for (last, count) in row.enumerated() where count > 0 {
          statistic += 2 * count * log(count * total / (rows[first] * columns[last]))
        }
      }
      let (used, reached) = (rows.count { $0 > 0 }, columns.count { $0 > 0 })
      degrees += max(0, used - 1) * max(0, reached - 1)
    }
    guard degrees > 0 else { return nil }
    return GoodnessOfFit(
      test: "the next state depends on the last alone (likelihood ratio)", statistic: statistic,
      count: degrees,
      probability: Elementary.chiSquareTail(statistic, degrees: Double(degrees)))
  }
}

/// Rates that climb the likelihood of transitions.
private struct ExpectationMaximization {
  private let counts: TransitionCounts
  private(set) var generator: DenseMatrix
  private(set) var logLikelihood = -Double.infinity
  private(set) var iterations = 0
  private(set) var hasConverged = false

  /// Begins with transitions over time, every rate above zero: a zero would stay.
  init(_ counts: TransitionCounts) {
    self.counts = counts
    let size = counts.size
    var jumps = DenseMatrix(rows: size, columns: size)
    var durations = [Double](repeating: 0, count: size)
    for spacing in counts.spacings {
      for seen in spacing.transitions {
        jumps[seen.from, seen.to] += seen.count
        durations[seen.from] += seen.count * spacing.length
      }
    }
    let longest = durations.max() ?? 1
    generator = DenseMatrix(rows: size, columns: size)
    for from in 0..<size {
      for to in 0..<size where to != from {
        let time = durations[from] > 0 ? durations[from] : longest
        set(from, to, (jumps[from, to] + 0.5) / time)
      }
    }
  }

  private mutating func set(_ from: Int, _ to: Int, _ rate: Double) {
    generator[from, from] += generator[from, to] - rate
    generator[from, to] = rate
  }

  mutating func advance() {
    let expected = counts.expectation(generator)
    var change = 0.0
    let largest = generator.norm
    for from in 0..<counts.size {
      for to in 0..<counts.size where to != from {
        let time = expected.durations[from]
        let rate = time > 0 ? expected.jumps[from, to] / time : generator[from, to]
        change = max(change, abs(rate - generator[from, to]) / largest)
        set(from, to, rate)
      }
    }
    iterations += 1
    hasConverged =
      change < 1e-7 && expected.logLikelihood - logLikelihood < 1e-9 * counts.total
    logLikelihood = expected.logLikelihood
  }
}

/// Intervals of the rates of a generator at the top of its likelihood.
private struct GeneratorUncertainty {
  private(set) var estimates: [Estimate] = []

  private let counts: TransitionCounts
  private let generator: DenseMatrix
  private let halfWidth: Double

  init(
    _ counts: TransitionCounts, _ generator: DenseMatrix, confidence: Double, states: [String]
  ) {
    (self.counts, self.generator) = (counts, generator)
    halfWidth = Elementary.normalHalfWidth(confidence)
    let size = counts.size
    let pairs = (0..<size).flatMap { from in
      (0..<size).filter { $0 != from }.map { (from: from, to: $0) }
    }
    let floor = 1e-6 * generator.norm
    let free = pairs.filter { generator[$0.from, $0.to] > floor }
    let variances = information(free).inverseDiagonal
    var freePlace = 0
    for (from, to) in pairs {
      let rate = generator[from, to]
      var estimate = Estimate(name: "\(states[from]) → \(states[to])", value: rate)
      if rate > floor {
        if let deviation = variances?[freePlace].squareRoot() {
          estimate.lower = mayBeZero(from, to) ? 0 : rate * exp(-halfWidth * deviation)
          estimate.upper = rate * exp(halfWidth * deviation)
        }
        freePlace += 1
      } else {
        estimate.lower = 0
        estimate.upper = bound(from, to)
      }
      estimates.append(estimate)
    }
  }

  /// The curvature of the log-likelihood in the logarithms of rates, turned up.
  ///
  /// Its slope is what complete data would give, on average: jumps less rate times duration.
  private func information(_ free: [(from: Int, to: Int)]) -> DenseMatrix {
    let step = 1e-4
    var result = DenseMatrix(rows: free.count, columns: free.count)
    for (row, pair) in free.enumerated() {
      let above = slopes(free, changed(pair, by: exp(step)))
      let below = slopes(free, changed(pair, by: exp(-step)))
      for column in free.indices {
        result[row, column] = -(above[column] - below[column]) / (2 * step)
      }
    }
    return 0.5 * (result + result.transposed)
  }

  private func slopes(_ free: [(from: Int, to: Int)], _ generator: DenseMatrix) -> [Double] {
    let expected = counts.expectation(generator)
    return free.map {
      expected.jumps[$0.from, $0.to] - generator[$0.from, $0.to] * expected.durations[$0.from]
    }
  }

  private func changed(_ pair: (from: Int, to: Int), by factor: Double) -> DenseMatrix {
    with(pair, generator[pair.from, pair.to] * factor)
  }

  private func with(_ pair: (from: Int, to: Int), _ rate: Double) -> DenseMatrix {
    var result = generator
    result[pair.from, pair.from] += result[pair.from, pair.to] - rate
    result[pair.from, pair.to] = rate
    return result
  }

  /// Whether a rate of zero, the others as they are, costs no more likelihood than an interval allows.
  private func mayBeZero(_ from: Int, _ to: Int) -> Bool {
    let least = counts.logLikelihood(generator) - halfWidth * halfWidth / 2
    return counts.logLikelihood(with((from, to), 0)) >= least
  }

  /// The largest rate, the others as they are, that costs no more likelihood than an interval allows.
  private func bound(_ from: Int, _ to: Int) -> Double? {
    let least = counts.logLikelihood(generator) - halfWidth * halfWidth / 2
    var (low, high) = (generator[from, to], generator.norm * 1e-3)
    while counts.logLikelihood(with((from, to), high)) >= least {
      high *= 2
      guard high < generator.norm * 1e4 else { return nil }
    }
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if counts.logLikelihood(with((from, to), middle)) >= least {
        low = middle
      } else {
        high = middle
      }
    }
    return high
  }
}

extension GeneratorFit.Embeddability {
  /// What it says about an estimation that came to no end.
  fileprivate var hint: String {
    if case .no(let reason) = self {
      return "; the shares of the transitions are those of no generator: \(reason)"
    }
    return "; the spacing may be so wide that the data do not tell the rates"
  }
}

extension TransitionCounts {
  /// Whether the shares of the transitions seen are those of a generator.
  ///
  /// Necessary conditions first (Kingman 1962, Z. Wahrscheinlichkeitstheorie 1; Chung: an entry of an
  /// embeddable matrix is zero only where no path of others leads), then the principal logarithm.
  var embeddability: GeneratorFit.Embeddability {
    guard spacings.count == 1, let spacing = spacings.first else {
      return .undecided("the spacings differ, so there is no one matrix of transitions")
    }
    let (length, counts) = (spacing.length, matrix(spacing))
    var shares = DenseMatrix(rows: size, columns: size)
    for row in 0..<size {
      let total = (0..<size).reduce(0) { $0 + counts[row, $1] }
      guard total > 0 else { return .undecided("a state was never seen before another") }
      for column in 0..<size { shares[row, column] = counts[row, column] / total }
    }
    let determinant = shares.determinant
    if determinant <= 0 { return .no("its determinant is \(determinant), not above 0") }
    let diagonal = (0..<size).reduce(1) { $0 * shares[$1, $1] }
    if determinant > diagonal * (1 + 1e-12) {
      return .no("its determinant is above the product of its diagonal")
    }
    if let (from, to) = missing(shares) {
      return .no("states \(from + 1) and \(to + 1) are connected through others, not directly")
    }
    guard let logarithm = shares.logarithm else {
      return .undecided("the series of its logarithm does not converge")
    }
    let worst = (0..<size).reduce(0) { worst, row in
      (0..<size).reduce(worst) { $1 == row ? $0 : min($0, logarithm[row, $1]) }
    }
    if worst >= -1e-12 { return .yes }
    return .undecided(
      "its principal logarithm has a negative rate, \(worst / length); another one may not")
  }

  /// A pair with no direct transition though others lead from one to the other.
  private func missing(_ shares: DenseMatrix) -> (from: Int, to: Int)? {
    var reach = (0..<size).map { row in (0..<size).map { shares[row, $0] > 0 } }
    for middle in 0..<size {
      for from in 0..<size where reach[from][middle] {
        for to in 0..<size where reach[middle][to] { reach[from][to] = true }
      }
    }
    for from in 0..<size {
      for to in 0..<size where reach[from][to] && shares[from, to] == 0 { return (from, to) }
    }
    return nil
  }
}
