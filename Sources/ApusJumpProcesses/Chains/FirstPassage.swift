/// The time until a set of states is first reached, by where a process starts.
public struct FirstPassage: Sendable {
  /// The mean from each state: 0 in the set, infinite where it may never be reached.
  public let mean: [Double]
  /// The standard deviation from each state.
  public let deviation: [Double]
}

extension SparseGenerator {
  /// The first passage to the states where `isTarget`.
  ///
  /// The mean `m` and the second moment `s` satisfy `W m = −1` and `W s = −2m` off the set.
  ///
  /// - Parameter leakingArrives: whether leaving the states for good counts as an arrival, which
  ///   bounds the mean from below; else the set may then never be reached.
  /// Reference: van Kampen (2007), "Stochastic processes in physics and chemistry", chapter XII.
  public func firstPassage(
    to isTarget: [Bool], leakingArrives: Bool = false
  ) throws(JumpProcessError) -> FirstPassage {
    precondition(isTarget.count == states, "\(isTarget.count) marks for \(states) states")
    let isSure = statesThatSurelyReach(isTarget, leakingArrives)
    let isKept = (0..<states).map { isSure[$0] && !isTarget[$0] }
    let eliminated = eliminatedMoments(isKept, isTarget, leakingArrives)
    let (first, second) = if let eliminated { eliminated } else { try iteratedMoments(isKept) }
    return FirstPassage(
      mean: first.indices.map { isTarget[$0] ? 0 : isSure[$0] ? first[$0] : .infinity },
      deviation: first.indices.map {
        isTarget[$0]
          ? 0 : isSure[$0] ? max(0, second[$0] - first[$0] * first[$0]).squareRoot() : .infinity
      })
  }

  /// Both moments by elimination; nil where the states are too many.
  private func eliminatedMoments(
    _ isKept: [Bool], _ isTarget: [Bool], _ leakingArrives: Bool
  ) -> ([Double], [Double])? {
    let kept = (0..<states).filter { isKept[$0] }
    let band = BandedElimination(kept, of: self)
    guard band.isQuick else { return nil }
    var arrivals = [Double](repeating: 0, count: states)
    for jump in transitions where isTarget[jump.to] { arrivals[jump.from] += jump.rate }
    if leakingArrives { for state in kept { arrivals[state] += max(0, -rowSum(state)) } }
    let moments = band.passages(
      of: self, arrivals: kept.map { arrivals[$0] },
      rights: [
        { _ in kept.map { _ in 1 } }, { solutions in solutions[0].map { 2 * $0 } },
      ])
    var (first, second) = (arrivals.map { _ in 0.0 }, arrivals.map { _ in 0.0 })
    for (place, state) in kept.enumerated() {
      (first[state], second[state]) = (moments[0][place], moments[1][place])
    }
    return (first, second)
  }

  /// Both moments by GMRES.
  private func iteratedMoments(_ isKept: [Bool]) throws(JumpProcessError) -> ([Double], [Double]) {
    let equation = GeneratorEquation(jumps: outgoing, exits: exits, isKept: isKept)
    func solve(_ right: [Double]) throws(JumpProcessError) -> [Double] {
      let (solution, residual) = equation.solve(right)
      guard residual < 1e-8 else {
        throw .unsupported(
          "the iteration for the passage time stopped at a residual of \(Float(residual)); fewer "
            + "states (--grid) are eliminated instead")
      }
      return solution
    }
    let first = try solve(isKept.map { $0 ? -1 : 0 })
    return (first, try solve(isKept.indices.map { isKept[$0] ? -2 * first[$0] : 0 }))
  }

  /// Whether each state reaches the set with probability one, in finite mean time.
  private func statesThatSurelyReach(_ isTarget: [Bool], _ leakingArrives: Bool) -> [Bool] {
    let leaks = (0..<states).map { !isTarget[$0] && rowSum($0) < -1e-9 * exits[$0] }
    let isEnd = leakingArrives ? zip(isTarget, leaks).map { $0 || $1 } : isTarget
    let canReach = statesThatReach(isEnd, through: isTarget.map { !$0 })
    let isHopeless = (0..<states).map { !canReach[$0] || (leaks[$0] && !leakingArrives) }
    let mayFail = statesThatReach(isHopeless, through: isTarget.map { !$0 })
    return mayFail.map { !$0 }
  }

  /// The states with a way to the set, and the set; every state before its end is one of `through`.
  private func statesThatReach(_ set: [Bool], through: [Bool]) -> [Bool] {
    var reaches = set
    var queue = (0..<states).filter { set[$0] }
    while let state = queue.popLast() {
      for place in incoming.begin[state]..<incoming.begin[state + 1] {
        let source = Int(incoming.other[place])
        guard incoming.rate[place] > 0, through[source], !reaches[source] else { continue }
        reaches[source] = true
        queue.append(source)
      }
    }
    return reaches
  }
}
