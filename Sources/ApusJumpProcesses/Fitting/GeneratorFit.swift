import Glibc

/// A generator from states that were seen at some times only, by expectation and maximization.
///
/// Given `W`, the expected time `T_x` and jumps `N_xy` between two sights follow from
/// `∫ exp(Ws) E exp(W(Δ − s)) ds`, the upper right block of the exponential of a matrix of twice the
/// size; then `W_xy = N_xy/T_x`, until the likelihood settles. Intervals come from the curvature of
/// the likelihood in the logarithms of the rates.
///
/// References: Bladt, Sørensen (2005), "Statistical inference for discretely observed Markov jump
/// processes", J. R. Stat. Soc. B 67; van Loan (1978), "Computing integrals involving the matrix
/// exponential", IEEE Trans. Autom. Control 23.
public struct GeneratorFit: Sendable {
  public let generator: DenseMatrix
  public let rates: [Estimate]
  public let logLikelihood: Double
  public let iterations: Int
  public let observations: Int
  /// Whether the frequencies come from a generator; nil where times are not equally far apart.
  public let embedding: Embedding?
  /// Of transitions over two sights against `exp(2WΔ)`; nil where times are not equally far apart
  /// or the cells are too empty.
  public let fit: ChiSquare?

  /// What the matrix of observed frequencies `P̂` says about a generator.
  ///
  /// Reference: Israel, Rosenthal, Wei (2001), "Finding generators for Markov chains via empirical
  /// transition matrices", Math. Finance 11.
  public struct Embedding: Sendable {
    /// `det P̂`; where it is not above 0 there is no generator.
    public let determinant: Double
    /// The smallest rate in the principal logarithm over `Δ`; nil where there is no logarithm.
    public let smallestRate: Double?
    /// Whether the principal logarithm is a generator.
    public var isEmbeddable: Bool { (smallestRate ?? -1) >= -1e-12 }
  }

  static let stateLimit = 40

  public init(
    _ paths: [ObservedPath], states names: [String], iterationLimit: Int = 5000
  ) throws(JumpProcessError) {
    guard 2...Self.stateLimit ~= names.count else {
      throw .setting(
        "--states: expected 2 to \(Self.stateLimit) for states seen at times, got \(names.count)")
    }
    let counts = TransitionCounts(paths, states: names.count)
    guard !counts.intervals.isEmpty else {
      throw .setting("the data has no two rows of one path: there is nothing to fit")
    }
    var w = counts.firstGuess
    var (likelihood, rounds) = (-Double.infinity, 0)
    while rounds < iterationLimit {
      rounds += 1
      let (next, reached) = counts.improve(w)
      w = next
      let isSettled = reached - likelihood < 1e-10 * abs(reached)
      likelihood = reached
      if isSettled { break }
    }
    generator = w
    logLikelihood = counts.logLikelihood(w)
    iterations = rounds
    observations = counts.total
    rates = counts.intervals(around: w, names)
    embedding = counts.embedding
    fit = counts.test(w, paths)
  }
}

/// How often a state was seen an interval after each.
struct TransitionCounts {
  let states: Int
  /// Equal intervals together, shortest first.
  private(set) var intervals: [(time: Double, counts: DenseMatrix)] = []

  init(_ paths: [ObservedPath], states: Int) {
    self.states = states
    var all: [(time: Double, from: Int, to: Int)] = []
    for path in paths {
      for index in 1..<max(1, path.states.count) {
        all.append(
          (path.times[index] - path.times[index - 1], path.states[index - 1], path.states[index]))
      }
    }
    all.sort { $0.time < $1.time }
    for sight in all {
      // Differences of written times differ in their last digits.
      let isNew = intervals.last.map { sight.time - $0.time > 1e-9 * sight.time } ?? true
      if isNew { intervals.append((sight.time, DenseMatrix(rows: states, columns: states))) }
      intervals[intervals.count - 1].counts[sight.from, sight.to] += 1
    }
  }

  var total: Int { intervals.reduce(0) { $0 + Int($1.counts.values.reduce(0, +)) } }

  /// Rates as if each change were one jump.
  var firstGuess: DenseMatrix {
    var w = DenseMatrix(rows: states, columns: states)
    for from in 0..<states {
      let time = intervals.reduce(0.0) { sum, part in
        sum + part.time * (0..<states).reduce(0) { $0 + part.counts[from, $1] }
      }
      let typical = intervals.reduce(0) { $0 + $1.time } / Double(intervals.count)
      for to in 0..<states where to != from {
        let jumps = intervals.reduce(0.0) { $0 + $1.counts[from, to] }
        let rate = (jumps + 0.05) / (time + typical)
        w[from, to] = rate
        w[from, from] -= rate
      }
    }
    return w
  }

  func logLikelihood(_ w: DenseMatrix) -> Double {
    intervals.reduce(0) { sum, part in
      let p = (part.time * w).exponential
      return sum
        + zip(part.counts.values, p.values).reduce(0) {
          $1.0 > 0 ? $0 + $1.0 * log(max($1.1, 1e-300)) : $0
        }
    }
  }

  /// One round; gives the likelihood of the rates that it began with as well.
  func improve(_ w: DenseMatrix) -> (DenseMatrix, logLikelihood: Double) {
    let n = states
    var (sums, likelihood) = (DenseMatrix(rows: n, columns: n), 0.0)
    for part in intervals {
      let p = (part.time * w).exponential
      // M_xy = C_xy/P_xy; the block is ∫ exp(Wᵀ s) M exp(Wᵀ (Δ − s)) ds.
      var block = DenseMatrix(rows: 2 * n, columns: 2 * n)
      for row in 0..<n {
        for column in 0..<n {
          block[row, column] = part.time * w[column, row]
          block[n + row, n + column] = part.time * w[column, row]
          let count = part.counts[row, column]
          guard count > 0 else { continue }
          likelihood += count * log(max(p[row, column], 1e-300))
          block[row, n + column] = part.time * count / max(p[row, column], 1e-300)
        }
      }
      let result = block.exponential
      for row in 0..<n { for column in 0..<n { sums[row, column] += result[row, n + column] } }
    }
    var next = DenseMatrix(rows: n, columns: n)
    for from in 0..<n where sums[from, from] > 0 {
      for to in 0..<n where to != from {
        next[from, to] = max(0, w[from, to] * sums[from, to] / sums[from, from])
        next[from, from] -= next[from, to]
      }
    }
    return (next, likelihood)
  }

  /// Estimates with the intervals that the curvature of the likelihood gives.
  ///
  /// A rate that went to zero has an upper end only: where the likelihood is `e^{−1.92}` of its best.
  func intervals(around w: DenseMatrix, _ names: [String]) -> [Estimate] {
    let cells = (0..<states).flatMap { from in
      (0..<states).filter { $0 != from }.map { (from, $0) }
    }
    let inner = cells.filter { w[$0.0, $0.1] > 1e-6 * w.largestEntry }
    func likelihood(_ logs: [Double]) -> Double {
      logLikelihood(with: zip(inner, logs).map { ($0.0, $0.1, exp($1)) }, in: w)
    }
    let curvature = Curvature(of: likelihood, at: inner.map { log(w[$0.0, $0.1]) })
    return cells.map { cell in
      let (value, name) = (w[cell.0, cell.1], "\(names[cell.0]) -> \(names[cell.1])")
      guard let place = inner.firstIndex(where: { $0 == cell }) else {
        return Estimate(name: name, value: value, lower: 0, upper: upperEnd(of: cell, in: w))
      }
      let spread = exp(normalQuantile * curvature.deviations[place])
      return Estimate(name: name, value: value, lower: value / spread, upper: value * spread)
    }
  }

  private func logLikelihood(
    with rates: [(Int, Int, Double)], in w: DenseMatrix
  ) -> Double {
    var changed = w
    for (from, to, rate) in rates {
      changed[from, from] += changed[from, to] - rate
      changed[from, to] = rate
    }
    return logLikelihood(changed)
  }

  private func upperEnd(of cell: (Int, Int), in w: DenseMatrix) -> Double {
    let best = logLikelihood(w)
    var (low, high) = (w[cell.0, cell.1], max(1e-6 * w.largestEntry, 1e-300))
    func isInside(_ rate: Double) -> Bool {
      best - logLikelihood(with: [(cell.0, cell.1, rate)], in: w) < 1.92
    }
    while isInside(high), high < 1e6 * w.largestEntry { high *= 2 }
    for _ in 0..<40 {
      let middle = (low + high) / 2
      if isInside(middle) { low = middle } else { high = middle }
    }
    return high
  }

  /// What the frequencies say, where all intervals are equal and each state was left.
  var embedding: GeneratorFit.Embedding? {
    guard intervals.count == 1 else { return nil }
    var p = intervals[0].counts
    for from in 0..<states {
      let sum = (0..<states).reduce(0) { $0 + p[from, $1] }
      guard sum > 0 else { return nil }
      for to in 0..<states { p[from, to] /= sum }
    }
    let logarithm = p.determinant > 0 ? p.logarithm : nil
    let smallest = logarithm.map { logarithm in
      (0..<states).flatMap { from in
        (0..<states).filter { $0 != from }.map { logarithm[from, $0] }
      }.min() ?? 0
    }
    return .init(
      determinant: p.determinant, smallestRate: smallest.map { $0 / intervals[0].time })
  }

  /// Pearson's test of transitions over two intervals, which the fit did not see as such.
  func test(_ w: DenseMatrix, _ paths: [ObservedPath]) -> ChiSquare? {
    guard intervals.count == 1 else { return nil }
    let doubled = paths.map { path in
      ObservedPath(
        times: stride(from: 0, to: path.times.count, by: 2).map { path.times[$0] },
        states: stride(from: 0, to: path.states.count, by: 2).map { path.states[$0] })
    }
    let counts = TransitionCounts(doubled, states: states)
    guard counts.intervals.count == 1 else { return nil }
    let p = (counts.intervals[0].time * w).exponential
    var (statistic, cells, rows) = (0.0, 0, 0)
    for from in 0..<states {
      let sum = (0..<states).reduce(0) { $0 + counts.intervals[0].counts[from, $1] }
      guard sum > 0 else { continue }
      rows += 1
      for to in 0..<states {
        let (seen, expected) = (counts.intervals[0].counts[from, to], sum * p[from, to])
        guard expected >= 5 else {
          if seen > 0 || expected > 0.5 { return nil }
          continue
        }
        cells += 1
        statistic += (seen - expected) * (seen - expected) / expected
      }
    }
    return cells > rows ? ChiSquare(statistic: statistic, freedom: cells - rows) : nil
  }
}
