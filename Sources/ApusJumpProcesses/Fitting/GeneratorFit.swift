import Glibc

/// The generator of a Markov process with finitely many states, estimated from data.
public struct GeneratorFit: Sendable {
  /// The names of the states.
  public let states: [String]
  /// `rates[i][j]`, from state `i` to state `j` for each unit of time; rows sum to zero.
  public let rates: [[Double]]
  /// The rates from each state to each other, row by row.
  public let estimates: [Estimate]
  public let logLikelihood: Double
  public let fit: GoodnessOfFit?
  /// Whether the shares of transitions seen are those of a generator; nil for complete paths.
  public let embeddability: Embeddability?
  /// Steps of the estimation; 0 for complete paths, whose estimate is a quotient.
  public let iterations: Int

  /// Whether a matrix of transition probabilities is `e^(QΔ)` of some generator `Q`.
  public enum Embeddability: Sendable, Hashable {
    case yes
    /// With the condition that fails.
    case no(String)
    /// No known condition decides it; the text says what was tried.
    case undecided(String)
  }
}

extension GeneratorFit {
  /// From paths of which every jump was seen: each place of a record enters a state, its last one ends
  /// the observation.
  ///
  /// The rate from `i` to `j` is the jumps from `i` to `j` over the time spent in `i`; the interval is
  /// that of a Poisson number (Garwood 1936, Biometrika 28). The fit compares the holding times with
  /// exponential ones (Kolmogorov and Smirnov).
  ///
  /// - Parameter confidence: of the intervals, such as 0.95.
  public init(
    completePaths records: [StateRecord], states: [String], confidence: Double = 0.95
  ) throws(FitError) {
    try Self.check(records, states, confidence)
    let size = states.count
    var jumps = DenseMatrix(rows: size, columns: size)
    var durations = [Double](repeating: 0, count: size)
    for record in records {
      for place in record.times.indices.dropLast() {
        let (from, to) = (record.states[place], record.states[place + 1])
        durations[from] += record.times[place + 1] - record.times[place]
        // The last line may only end the observation.
        if from != to { jumps[from, to] += 1 }
      }
    }
    guard jumps.values.contains(where: { $0 > 0 }) else {
      throw .data(line: nil, "no path has a jump from one state to another")
    }
    var matrix = DenseMatrix(rows: size, columns: size)
    var estimates: [Estimate] = []
    var logLikelihood = 0.0
    for from in 0..<size {
      for to in 0..<size where to != from {
        let (count, time) = (jumps[from, to], durations[from])
        let rate = time > 0 ? count / time : 0
        matrix[from, to] = rate
        matrix[from, from] -= rate
        if count > 0 { logLikelihood += count * log(rate) - rate * time }
        estimates.append(
          Self.poissonEstimate(
            "\(states[from]) → \(states[to])", count: count, time: time, confidence: confidence))
      }
    }
    self.init(
      states: states, rates: matrix.rowLists, estimates: estimates, logLikelihood: logLikelihood,
      fit: Self.holdingTimes(records, matrix), embeddability: nil, iterations: 0)
  }

  private static func poissonEstimate(
    _ name: String, count: Double, time: Double, confidence: Double
  ) -> Estimate {
    guard time > 0 else { return Estimate(name: name, value: 0, lower: 0, upper: nil) }
    let beyond = (1 - confidence) / 2
    let lower = count > 0 ? Elementary.gammaQuantile(count, share: beyond) / time : 0
    let upper = Elementary.gammaQuantile(count + 1, share: 1 - beyond) / time
    return Estimate(name: name, value: count / time, lower: lower, upper: upper)
  }

  /// Holding times times exit rates are exponential with mean one.
  private static func holdingTimes(_ records: [StateRecord], _ rates: DenseMatrix)
    -> GoodnessOfFit?
  {
    var shares: [Double] = []
    for record in records {
      for place in record.times.indices.dropLast()
      where record.states[place] != record.states[place + 1] {
        let exit = -rates[record.states[place], record.states[place]]
        shares.append(-expm1(-exit * (record.times[place + 1] - record.times[place])))
      }
    }
    guard shares.count >= 5 else { return nil }
    let distance = Elementary.kolmogorovDistance(shares)
    return GoodnessOfFit(
      test: "holding times are exponential (Kolmogorov–Smirnov)", statistic: distance,
      count: shares.count,
      probability: Elementary.kolmogorovTail(distance, count: shares.count))
  }

  static func check(
    _ records: [StateRecord], _ states: [String], _ confidence: Double
  ) throws(FitError) {
    guard 2...100 ~= states.count else {
      throw .setting("\(states.count) states; expected 2 to 100")
    }
    guard confidence > 0, confidence < 1 else {
      throw .setting("a confidence of \(confidence); expected a number between 0 and 1")
    }
    for record in records { try record.check(states: states.count) }
  }
}

extension DenseMatrix {
  var rowLists: [[Double]] {
    (0..<size).map { Array(values[$0 * size..<($0 + 1) * size]) }
  }
}
