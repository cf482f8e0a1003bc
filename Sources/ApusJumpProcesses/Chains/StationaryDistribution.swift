import ApusNumerics

extension SparseGenerator {
  /// The ways to a stationary distribution.
  public enum StationaryMethod: String, Sendable, CaseIterable {
    /// Elimination without subtractions: every probability keeps its digits.
    ///
    /// Use where states that jump to each other lie close in their order: it works on a band.
    /// Reference: Grassmann, Taksar, Heyman (1985), "Regenerative analysis and steady state
    /// distributions for Markov chains", Oper. Res. 33.
    case gth
    /// Iteration on Krylov spaces for the vector that the generator takes to zero.
    ///
    /// Use for many states.
    case arnoldi
    /// Iteration on Krylov spaces for all probabilities in parts of one of them.
    ///
    /// Slower than `arnoldi`, and it does not end where the process stays long in several places.
    case gmres
  }

  /// The distribution `π` with `π W = 0`, and the sum of `|π W|` over the largest exit.
  ///
  /// - Throws: ``JumpProcessError/unsupported(_:)`` where what is reached in the end depends on the
  ///   start, or probability leaks from the set of states.
  public func stationary(
    by method: StationaryMethod? = nil
  ) throws(JumpProcessError) -> (distribution: [Double], residual: Double) {
    try stationary(on: closedClasses, by: method)
  }

  /// The same where the sets of states that are never left are known.
  func stationary(
    on classes: [[Int]], by method: StationaryMethod?
  ) throws(JumpProcessError) -> (distribution: [Double], residual: Double) {
    guard exits.indices.allSatisfy({ rowSum($0) >= -1e-9 * max(exits[$0], 1e-300) }) else {
      throw .unsupported("probability leaves the states for good: nothing is stationary")
    }
    guard classes.count == 1, let kept = classes.first else {
      throw .unsupported(
        "there are \(classes.count) sets of states that are never left: which one is reached "
          + "depends on the start, so there are several stationary distributions")
    }
    var result = [Double](repeating: 0, count: states)
    if kept.count == 1 {
      result[kept[0]] = 1
    } else {
      let band = BandedElimination(kept, of: self)
      switch method ?? (band.isQuick ? .gth : .arnoldi) {
      case .gth:
        guard band.fits else {
          throw .setting(
            "--method gth takes at most \(BandedElimination.entryLimit) numbers, and \(kept.count) "
              + "states take \(band.entries); use arnoldi")
        }
        for (state, probability) in zip(kept, band.distribution(of: self)) {
          result[state] = probability
        }
      case .gmres: try solve(kept, into: &result)
      case .arnoldi: try iterate(kept, into: &result)
      }
    }
    var change = result
    flow(result, into: &change)
    return (result, change.reduce(0) { $0 + abs($1) } / max(largestExit, 1e-300))
  }

  /// Fixes one probability at 1 and solves for the others.
  private func solve(_ kept: [Int], into result: inout [Double]) throws(JumpProcessError) {
    let guess = guess(kept)
    let anchor = kept.max { guess[$0] < guess[$1] } ?? kept[0]
    var isKept = [Bool](repeating: false, count: states)
    for state in kept { isKept[state] = state != anchor }
    var right = [Double](repeating: 0, count: states)
    for place in outgoing.begin[anchor]..<outgoing.begin[anchor + 1] {
      right[Int(outgoing.other[place])] -= outgoing.rate[place]
    }
    var (solution, residual) = GeneratorEquation(jumps: incoming, exits: exits, isKept: isKept)
      .solve(right)
    solution[anchor] = 1
    try accept(solution, residual, else: "arnoldi or gth", kept, into: &result)
  }

  /// Looks for the probabilities themselves.
  private func iterate(_ kept: [Int], into result: inout [Double]) throws(JumpProcessError) {
    var isKept = [Bool](repeating: false, count: states)
    for state in kept { isKept[state] = true }
    var (vector, residual) = GeneratorEquation(jumps: incoming, exits: exits, isKept: isKept)
      .nullVector(from: guess(kept))
    if vector.reduce(0, +) < 0 { vector = vector.map { -$0 } }
    try accept(vector, residual, else: "gth", kept, into: &result)
  }

  /// Makes probabilities of what an iteration ended with.
  private func accept(
    _ solution: [Double], _ residual: Double, else others: String, _ kept: [Int],
    into result: inout [Double]
  ) throws(JumpProcessError) {
    guard residual < 1e-6 else {
      throw .unsupported(
        "the iteration for the stationary distribution stopped at a residual of "
          + "\(residual.significant(3)); use --method \(others)")
    }
    // Below rounding a probability may have come out negative; its neighbours tell it.
    for state in kept { result[state] = max(0, solution[state]) }
    sweep(&result, kept, times: 4)
    let total = result.reduce(0, +)
    for state in kept { result[state] /= total }
  }

  /// What a few sweeps make of equal shares: where it is largest, states are likely in the end.
  private func guess(_ kept: [Int]) -> [Double] {
    var x = [Double](repeating: 0, count: states)
    for state in kept { x[state] = 1 }
    sweep(&x, kept, times: 6)
    return x
  }

  /// Balances one state after the other, up and down in turn; what is positive stays so.
  private func sweep(_ x: inout [Double], _ kept: [Int], times: Int) {
    for sweep in 0..<times {
      for state in sweep % 2 == 0 ? kept : kept.reversed() {
        var inflow = 0.0
        for place in incoming.begin[state]..<incoming.begin[state + 1] {
          inflow += incoming.rate[place] * x[Int(incoming.other[place])]
        }
        x[state] = inflow / exits[state]
      }
    }
  }

  /// The sets of states that reach each other and no other state.
  ///
  /// Reference: Tarjan (1972), "Depth-first search and linear graph algorithms", SIAM J. Comput. 1.
  public var closedClasses: [[Int]] {
    var order = [Int](repeating: -1, count: states)
    var low = order
    var component = order
    var (stack, sets, counter): ([Int], [[Int]], Int) = ([], [], 0)
    for root in 0..<states where order[root] < 0 {
      var calls: [(state: Int, place: Int)] = [(root, outgoing.begin[root])]
      (order[root], low[root]) = (counter, counter)
      counter += 1
      stack.append(root)
      while let (state, place) = calls.last {
        if place < outgoing.begin[state + 1] {
          calls[calls.count - 1].place += 1
          guard outgoing.rate[place] > 0 else { continue }
          let next = Int(outgoing.other[place])
          if order[next] < 0 {
            (order[next], low[next]) = (counter, counter)
            counter += 1
            stack.append(next)
            calls.append((next, outgoing.begin[next]))
          } else if component[next] < 0 {
            low[state] = min(low[state], order[next])
          }
          continue
        }
        calls.removeLast()
        if let caller = calls.last?.state { low[caller] = min(low[caller], low[state]) }
        guard low[state] == order[state] else { continue }
        var members: [Int] = []
        repeat {
          guard let member = stack.popLast() else { break }
          component[member] = sets.count
          members.append(member)
        } while members[members.count - 1] != state
        sets.append(members.sorted())
      }
    }
    return sets.enumerated().filter { index, members in
      members.allSatisfy { state in
        (outgoing.begin[state]..<outgoing.begin[state + 1]).allSatisfy {
          outgoing.rate[$0] == 0 || component[Int(outgoing.other[$0])] == index
        }
      }
    }.map(\.element)
  }
}
