/// The stationary distribution of states, and times until they are left, by elimination without
/// subtractions: small numbers are as exact as large ones.
///
/// State after state is left out, last first, and its jumps are handed to those before it: what is
/// left is the chain watched only there. Jumps go at most `width` places, and stay so.
///
/// Reference: Grassmann, Taksar, Heyman (1985), "Regenerative analysis and steady state
/// distributions for Markov chains", Oper. Res. 33.
struct BandedElimination {
  /// The most numbers of a band, 320 MB.
  static let entryLimit = 40_000_000
  private static let quickWork = 1e10
  private let states: [Int]
  /// The place of each state among those.
  private let place: [Int]
  private let width: Int

  init(_ states: [Int], of generator: SparseGenerator) {
    var place = [Int](repeating: -1, count: generator.states)
    for (index, state) in states.enumerated() { place[state] = index }
    var width = 0
    for jump in generator.transitions where place[jump.from] >= 0 && place[jump.to] >= 0 {
      width = max(width, abs(place[jump.from] - place[jump.to]))
    }
    self.states = states
    self.place = place
    self.width = width
  }

  /// The numbers that it keeps.
  var entries: Int { states.count * (2 * width + 1) }
  var fits: Bool { entries <= Self.entryLimit }
  /// Whether it takes seconds at most.
  var isQuick: Bool {
    fits && Double(states.count) * Double(width) * Double(width) <= Self.quickWork
  }

  /// The probabilities of the states, in their order.
  func distribution(of generator: SparseGenerator) -> [Double] {
    var arrivals = [Double](repeating: 0, count: states.count)
    return normalized(eliminated(generator, &arrivals).band)
  }

  /// `m ≥ 0` with `Σⱼ qᵢⱼ (mⱼ − mᵢ) − aᵢ mᵢ = −rᵢ` for states that jump to `a`, rates of arrival, and among
  /// each other: with `r = 1` the mean times to arrive.
  ///
  /// - Parameter rights: gives each `r` from the solutions before it.
  func passages(
    of generator: SparseGenerator, arrivals: [Double], rights: [([[Double]]) -> [Double]]
  ) -> [[Double]] {
    var arrivals = arrivals
    let (band, exits) = eliminated(generator, &arrivals)
    var solutions: [[Double]] = []
    for right in rights {
      var m = right(solutions)
      for last in Swift.stride(from: states.count - 1, to: 0, by: -1) {
        for row in max(0, last - width)..<last { m[row] += band[at(row, last)] * m[last] }
      }
      for state in states.indices {
        for column in max(0, state - width)..<state {
          m[state] += band[at(state, column)] * m[column]
        }
        m[state] /= exits[state]
      }
      solutions.append(m)
    }
    return solutions
  }

  private func at(_ row: Int, _ column: Int) -> Int { row * 2 * width + width + column }

  /// The band with shares of jumps above the diagonal and rates below it, and each state's exits when
  /// those after it are left out; `arrivals` are handed on likewise.
  private func eliminated(
    _ generator: SparseGenerator, _ arrivals: inout [Double]
  ) -> (band: [Double], exits: [Double]) {
    let (count, width) = (states.count, width)
    var exits = arrivals
    // Row `r` holds columns `r − width … r + width`: entry `(r, c)` is at `r · 2 width + width + c`.
    let stride = 2 * width
    var a = [Double](repeating: 0, count: entries)
    for jump in generator.transitions where place[jump.from] >= 0 && place[jump.to] >= 0 {
      a[place[jump.from] * stride + width + place[jump.to]] += jump.rate
    }
    a.withUnsafeMutableBufferPointer { a in
      for last in Swift.stride(from: count - 1, through: 0, by: -1) {
        let low = max(0, last - width)
        let from = last * stride + width
        var sum = arrivals[last]
        for column in low..<last { sum += a[from + column] }
        exits[last] = sum
        for row in low..<last {
          let to = row * stride + width
          guard a[to + last] != 0 else { continue }
          let factor = a[to + last] / sum
          a[to + last] = factor
          arrivals[row] += factor * arrivals[last]
          for column in low..<last { a[to + column] += factor * a[from + column] }
        }
      }
    }
    return (a, exits)
  }

  /// Each weight from those before it.
  private func normalized(_ a: [Double]) -> [Double] {
    var weights = [1.0]
    for state in 1..<states.count {
      var weight = 0.0
      for row in max(0, state - width)..<state {
        weight += weights[row] * a[row * 2 * width + width + state]
      }
      weights.append(weight)
      if weight > 1e200 {
        for index in weights.indices { weights[index] /= weight }
      }
    }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }
}
