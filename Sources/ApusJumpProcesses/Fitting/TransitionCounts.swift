import Glibc

/// How often each state was followed by each other, for every spacing of the observations.
struct TransitionCounts {
  let size: Int
  /// Spacings, rising, and the transitions seen at each.
  private(set) var spacings: [(length: Double, counts: DenseMatrix)] = []

  /// - Note: spacings within a billionth of each other count as one.
  init(_ records: [StateRecord], states size: Int) {
    self.size = size
    var lengths: [(length: Double, from: Int, to: Int)] = []
    for record in records {
      for place in record.times.indices.dropLast() {
        lengths.append(
          (
            record.times[place + 1] - record.times[place], record.states[place],
            record.states[place + 1]
          ))
      }
    }
    for (length, from, to) in lengths.sorted(by: { $0.length < $1.length }) {
      if let last = spacings.last, length - last.length <= 1e-9 * length {
        spacings[spacings.count - 1].counts[from, to] += 1
      } else {
        var counts = DenseMatrix(rows: size, columns: size)
        counts[from, to] = 1
        spacings.append((length, counts))
      }
    }
  }

  var total: Double { spacings.reduce(0) { $0 + $1.counts.values.reduce(0, +) } }

  /// `Σ counts · log P(Δ)`.
  func logLikelihood(_ generator: DenseMatrix) -> Double {
    spacings.reduce(0) { sum, spacing in
      let transition = (spacing.length * generator).nonnegativeExponential
      return zip(spacing.counts.values, transition.values).reduce(sum) {
        $1.0 > 0 ? $0 + $1.0 * log(max($1.1, 1e-300)) : $0
      }
    }
  }

  /// What complete paths would have shown on average, given what was seen.
  struct Expectation {
    /// Jumps from each state to each other.
    var jumps: DenseMatrix
    /// The time spent in each state.
    var durations: [Double]
    var logLikelihood: Double
  }

  /// The expected jumps and durations under a generator.
  ///
  /// `∫ P(s)ᵀ D P(Δ − s)ᵀ ds` with `D = counts/P(Δ)` is the upper right block of the exponential of
  /// `[[Qᵀ, D], [0, Qᵀ]] Δ` (Van Loan 1978, IEEE Trans. Autom. Control 23).
  func expectation(_ generator: DenseMatrix) -> Expectation {
    var result = Expectation(
      jumps: DenseMatrix(rows: size, columns: size), durations: Array(repeating: 0, count: size),
      logLikelihood: 0)
    let transposed = generator.transposed
    for (length, counts) in spacings {
      let transition = (length * generator).nonnegativeExponential
      var block = DenseMatrix(rows: 2 * size, columns: 2 * size)
      let weights = zip(counts.values, transition.values).map { $0 / max($1, 1e-300) }
      let largest = weights.max() ?? 1
      for row in 0..<size {
        for column in 0..<size {
          block[row, column] = transposed[row, column] * length
          block[size + row, size + column] = transposed[row, column] * length
          let count = counts[row, column]
          guard count > 0 else { continue }
          block[row, size + column] = weights[row * size + column] / largest * length
          result.logLikelihood += count * log(max(transition[row, column], 1e-300))
        }
      }
      let integral = largest * block.nonnegativeExponential
      for from in 0..<size {
        result.durations[from] += integral[from, size + from]
        for to in 0..<size where to != from {
          result.jumps[from, to] += generator[from, to] * integral[from, size + to]
        }
      }
    }
    return result
  }
}
