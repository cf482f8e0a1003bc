import Glibc

/// How often each state was followed by each other, for every spacing of the observations.
struct TransitionCounts {
  /// What was seen a time apart.
  struct Spacing {
    let length: Double
    var transitions: [Transition]
  }

  struct Transition {
    let from: Int
    let to: Int
    var count: Double
  }

  let size: Int
  /// Rising in length.
  let spacings: [Spacing]

  /// - Note: spacings within a billionth of each other count as one.
  init(_ records: [StateRecord], states size: Int) {
    self.size = size
    var seen: [(length: Double, pair: Int)] = []
    for record in records {
      for place in record.times.indices.dropLast() {
        let length = record.times[place + 1] - record.times[place]
        seen.append((length, record.states[place] * size + record.states[place + 1]))
      }
    }
    seen.sort { ($0.length, $0.pair) < ($1.length, $1.pair) }
    var groups: [(length: Double, counts: [Int: Double])] = []
    for (length, pair) in seen {
      if groups.isEmpty || length - groups[groups.count - 1].length > 1e-9 * length {
        groups.append((length, [:]))
      }
      groups[groups.count - 1].counts[pair, default: 0] += 1
    }
    spacings = groups.map { group in
      let pairs = group.counts.sorted { $0.key < $1.key }
      return Spacing(
        length: group.length,
        transitions: pairs.map { Transition(from: $0 / size, to: $0 % size, count: $1) })
    }
  }

  var total: Double {
    spacings.reduce(0) { $1.transitions.reduce($0) { $0 + $1.count } }
  }

  /// `counts[i, j]` at one spacing.
  func matrix(_ spacing: Spacing) -> DenseMatrix {
    var result = DenseMatrix(rows: size, columns: size)
    for seen in spacing.transitions { result[seen.from, seen.to] = seen.count }
    return result
  }

  /// What complete paths would have shown on average, given what was seen.
  struct Expectation {
    /// Jumps from each state to each other.
    var jumps: DenseMatrix
    /// The time spent in each state.
    var durations: [Double]
    var logLikelihood = 0.0

    init(states: Int) {
      jumps = DenseMatrix(rows: states, columns: states)
      durations = Array(repeating: 0, count: states)
    }

    /// Adds jumps and durations from the times at which a state is left for another: `integral[i, j]`
    /// is the expected number of jumps for each unit of the rate.
    mutating func add(_ integral: (_ from: Int, _ to: Int) -> Double, _ generator: DenseMatrix) {
      for from in durations.indices {
        durations[from] += integral(from, from)
        for to in durations.indices where to != from {
          jumps[from, to] += generator[from, to] * integral(from, to)
        }
      }
    }
  }

  /// `Σ counts · log P(Δ)`.
  func logLikelihood(_ generator: DenseMatrix) -> Double {
    if let powers = UniformizedPowers(generator, for: self) {
      return spacings.reduce(0) { sum, spacing in
        let weights = powers.weights(spacing.length)
        return spacing.transitions.reduce(sum) {
          $0 + $1.count * Self.log(powers.probability(weights, $1))
        }
      }
    }
    return spacings.reduce(0) { sum, spacing in
      let transition = (spacing.length * generator).nonnegativeExponential
      return spacing.transitions.reduce(sum) {
        $0 + $1.count * Self.log(transition[$1.from, $1.to])
      }
    }
  }

  /// The logarithm of a probability, with a floor where it is too small for a number.
  private static func log(_ probability: Double) -> Double { Glibc.log(max(probability, 1e-300)) }

  /// The expected jumps and durations under a generator, the cheaper way.
  func expectation(_ generator: DenseMatrix) -> Expectation {
    if let powers = UniformizedPowers(generator, for: self) { return expectation(by: powers) }
    return expectationByBlocks(generator)
  }

  /// One exponential for each spacing.
  ///
  /// `∫ P(s)ᵀ D P(Δ − s)ᵀ ds` with `D = counts/P(Δ)` is the upper right block of the exponential of
  /// `[[Qᵀ, D], [0, Qᵀ]] Δ` (Van Loan 1978, IEEE Trans. Autom. Control 23).
  func expectationByBlocks(_ generator: DenseMatrix) -> Expectation {
    var result = Expectation(states: size)
    let transposed = generator.transposed
    for spacing in spacings {
      let length = spacing.length
      let transition = (length * generator).nonnegativeExponential
      var block = DenseMatrix(rows: 2 * size, columns: 2 * size)
      for row in 0..<size {
        for column in 0..<size {
          block[row, column] = transposed[row, column] * length
          block[size + row, size + column] = transposed[row, column] * length
        }
      }
      let weights = spacing.transitions.map { $0.count / max(transition[$0.from, $0.to], 1e-300) }
      let largest = weights.max() ?? 1
      for (seen, weight) in zip(spacing.transitions, weights) {
        block[seen.from, size + seen.to] = weight / largest * length
        result.logLikelihood += seen.count * Self.log(transition[seen.from, seen.to])
      }
      let integral = largest * block.nonnegativeExponential
      result.add({ integral[$0, size + $1] }, generator)
    }
    return result
  }

  /// The powers of one matrix for all spacings.
  ///
  /// With `B = 1 + Q/λ` the integral is `1/λ Σ_n Σ_{k ≤ n} (Bᵀ)^k W_n (Bᵀ)^{n − k}`, where `W_n` holds
  /// `counts/P(Δ)` times the Poisson weights of `n + 1`, summed over spacings; both sums go from the
  /// highest power down.
  private func expectation(by powers: UniformizedPowers) -> Expectation {
    var result = Expectation(states: size)
    var jumps = Array(
      repeating: DenseMatrix(rows: size, columns: size), count: powers.count)
    for spacing in spacings {
      let weights = powers.weights(spacing.length)
      for seen in spacing.transitions {
        let probability = powers.probability(weights, seen)
        result.logLikelihood += seen.count * Self.log(probability)
        let share = seen.count / max(probability, 1e-300)
        for count in max(1, weights.first)...max(1, weights.last) {
          jumps[count - 1][seen.from, seen.to] += share * weights[count]
        }
      }
    }
    let step = powers.step.transposed
    var inner = DenseMatrix(rows: size, columns: size)
    var sum = inner
    for weight in jumps.reversed() {
      inner = inner * step + weight
      sum = step * sum + inner
    }
    let integral = (1 / powers.rate) * sum
    result.add({ integral[$0, $1] }, powers.generator)
    return result
  }
}

/// The powers of `B = 1 + Q/λ`, from which `e^(QΔ)` follows for every `Δ`.
private struct UniformizedPowers {
  let generator: DenseMatrix
  /// `λ`, the largest rate of leaving a state.
  let rate: Double
  let step: DenseMatrix
  /// `B⁰`, `B¹` and so on.
  private let powers: [DenseMatrix]

  var count: Int { powers.count }

  /// Nil where an exponential for each spacing is cheaper, or there is no room for the powers.
  init?(_ generator: DenseMatrix, for counts: TransitionCounts) {
    let size = counts.size
    let rate = (0..<size).reduce(0) { max($0, -generator[$1, $1]) }
    let longest = counts.spacings.last?.length ?? 0
    guard counts.spacings.count > 1, rate > 0, rate * longest < 1e5 else { return nil }
    (self.generator, self.rate) = (generator, rate)
    let last = PoissonWeights(mean: rate * longest, cut: Self.cut).last + 1
    let (cube, transitions) = (
      Double(size * size * size), counts.spacings.reduce(0) { $0 + $1.transitions.count }
    )
    let cost = Double(last) * (3 * cube + 2 * Double(transitions))
    guard last * size * size < 4_000_000, cost < 200 * cube * Double(counts.spacings.count)
    else { return nil }
    step = DenseMatrix.identity(size) + (1 / rate) * generator
    var powers = [DenseMatrix.identity(size)]
    for _ in 0..<last { powers.append(powers[powers.count - 1] * step) }
    self.powers = powers
  }

  /// So little that states a dozen jumps apart have their true, tiny probabilities.
  private static let cut = 1e-40

  func weights(_ length: Double) -> PoissonWeights {
    PoissonWeights(mean: rate * length, cut: Self.cut)
  }

  func probability(_ weights: PoissonWeights, _ seen: TransitionCounts.Transition) -> Double {
    (weights.first...weights.last).reduce(0) {
      $0 + weights[$1] * powers[$1][seen.from, seen.to]
    }
  }
}
