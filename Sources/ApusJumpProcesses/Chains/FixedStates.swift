extension MasterEquation {
  /// Solves the equation at rising `times` on a fixed set of states.
  ///
  /// Uniformization works on the whole grid as factored stencils, the Krylov method on the states
  /// that can be reached. The probability that leaves the set is lost and counts as error.
  ///
  /// - Parameter bounds: one past the largest amount of each species that changes, in the order of
  ///   the model; where nil, they grow until the tolerance is kept.
  public func solve(
    at times: [Double], by method: PropagationMethod, bounds: [Int]? = nil
  ) throws(JumpProcessError) -> MasterSolution {
    if method != .cvode { try requireSteadyRates() }
    try Self.check(times)
    var current = bounds ?? NetworkStates.firstBounds(of: network)
    while true {
      try NetworkStates.check(current, for: network)
      let (solution, edges) = try attempt(at: times, by: method, bounds: current)
      if solution.lost <= tolerance { return solution }
      guard bounds == nil, let edges else {
        throw .tolerance(tolerance, reached: solution.lost, time: times[times.count - 1])
      }
      current = Self.grown(current, where: edges, above: tolerance * 1e-3)
    }
  }

  /// Bounds with those doubled at which there is probability; all where there is none.
  static func grown(_ bounds: [Int], where edges: [Double], above threshold: Double) -> [Int] {
    let isFull = edges.map { $0 > threshold }
    return bounds.indices.map {
      isFull[$0] || !isFull.contains(true) ? min(2 * bounds[$0], largestBound) : bounds[$0]
    }
  }

  /// Amounts are kept in 32 bits.
  static let largestBound = 1 << 30

  /// - Returns: the solution, and the probabilities at the edges of the bounds; nil where nothing
  ///   leaves them.
  private func attempt(
    at times: [Double], by method: PropagationMethod, bounds: [Int]
  ) throws(JumpProcessError) -> (MasterSolution, edges: [Double]?) {
    switch method {
    case .uniformization: try solveOnGrid(times, bounds)
    case .krylov: try solveOnReachable(times, bounds)
    case .cvode: try integrate(times, bounds)
    }
  }

  private func solveOnGrid(
    _ times: [Double], _ bounds: [Int]
  ) throws(JumpProcessError) -> (MasterSolution, edges: [Double]?) {
    guard bounds.reduce(1, { $0 * Double($1) }) <= Double(stateLimit) else {
      throw .stateLimit(limit: stateLimit, time: 0, lost: 0)
    }
    let moving = NetworkStates.moving(of: network)
    let ordered = axes.map { axis in bounds[moving.firstIndex(of: axis) ?? 0] }
    let grid = try GridStencil(
      bounds: ordered, jumps: jumps, tables: RateTables(network, axes: axes), network: network)
    var p = [Double](repeating: 0, count: grid.states)
    if let start = grid.place(of: axes.map { Int(network.quantities[$0].initial) }) { p[start] = 1 }
    var record = PropagationRecord()
    let last = times[times.count - 1]
    var (now, distributions): (Double, [StateDistribution]) = (0, [])
    for time in times {
      if time > now {
        p = try uniformize(
          p, through: grid, time: time - now, tolerance: 0.1 * tolerance * (time - now) / last,
          record: &record)
      }
      now = time
      distributions.append(
        StateDistribution(
          network: network, axes: axes, rows: grid.rows, probabilities: p, time: time))
    }
    let edges = grid.edgeProbabilities(p, bounds: ordered)
    let solution = MasterSolution(
      times: times, distributions: distributions, lost: max(0, 1 - p.reduce(0, +)),
      products: record.products, largestSet: grid.states)
    return (solution, moving.map { edges[axes.firstIndex(of: $0) ?? 0] })
  }

  private func solveOnReachable(
    _ times: [Double], _ bounds: [Int]
  ) throws(JumpProcessError) -> (MasterSolution, edges: [Double]?) {
    let states = try NetworkStates(network, bounds: bounds, limit: stateLimit)
    var krylov = KrylovPropagator(
      states.generator, tolerance: 0.1 * tolerance / Double(times.count))
    var p = states.initial
    var (now, distributions): (Double, [StateDistribution]) = (0, [])
    for time in times {
      if time > now { p = try krylov.propagate(p, time: time - now) }
      now = time
      distributions.append(states.distribution(p, at: time))
    }
    let solution = MasterSolution(
      times: times, distributions: distributions,
      lost: max(0, 1 - p.reduce(0, +)) + krylov.record.error, isCertified: false,
      products: krylov.record.products, largestSet: states.count)
    return (solution, states.isComplete ? nil : states.edgeProbabilities(p))
  }

  private func integrate(
    _ times: [Double], _ bounds: [Int]
  ) throws(JumpProcessError) -> (MasterSolution, edges: [Double]?) {
    let states = try NetworkStates(network, bounds: bounds, limit: stateLimit, ratesMayChange: true)
    let rows = try states.integrate(at: times, tolerance: tolerance)
    let last = rows[rows.count - 1]
    let solution = MasterSolution(
      times: times, distributions: zip(rows, times).map { states.distribution($0, at: $1) },
      lost: max(0, 1 - last.reduce(0, +)), isCertified: false, products: 0,
      largestSet: states.count)
    return (solution, states.isComplete ? nil : states.edgeProbabilities(last))
  }
}

extension NetworkStates {
  /// The stationary distribution of a network, on bounds that grow until it fits.
  public struct Stationary: Sendable {
    public let states: NetworkStates
    public let probabilities: [Double]
    /// The sum of `|π W|` over the largest exit.
    public let residual: Double
    /// The probability at the edges of the bounds; 0 where the states are complete.
    public let edge: Double
  }

  /// The stationary distribution.
  ///
  /// Jumps out of the bounds do not happen; the bounds double until at most `tolerance` lies at
  /// their edges.
  ///
  /// - Throws: ``JumpProcessError/stateLimit(limit:time:lost:)`` where the bounds outgrow `limit`.
  public static func stationary(
    of network: ReactionNetwork, by method: SparseGenerator.StationaryMethod? = nil,
    bounds: [Int]? = nil, tolerance: Double = 1e-8, limit: Int = 1_000_000
  ) throws(JumpProcessError) -> Stationary {
    var current = bounds ?? firstBounds(of: network)
    while true {
      let states = try reflecting(network, current, limit, for: "--stationary")
      let classes = states.generator.closedClasses
      let larger = current.map { min(2 * $0, MasterEquation.largestBound) }
      if bounds == nil, classes.count > 1, !states.isComplete, larger != current {
        // Perhaps the bounds alone keep them apart.
        current = larger
        continue
      }
      let (p, residual) = try states.generator.stationary(on: classes, by: method)
      let edges = states.isComplete ? [] : states.edgeProbabilities(p)
      let edge = edges.reduce(0, +)
      if edge <= tolerance || bounds != nil {
        return Stationary(states: states, probabilities: p, residual: residual, edge: edge)
      }
      current = MasterEquation.grown(current, where: edges, above: tolerance * 1e-3)
    }
  }

  /// The first passage of a network to the states where a condition holds.
  ///
  /// Within given bounds no jump leaves them. Where none are given, leaving them counts as arrival:
  /// the mean is then a lower bound, which rises to the mean as the bounds double until it settles.
  ///
  /// - Returns: the states, and the passage from each of them.
  package static func firstPassage(
    of network: ReactionNetwork, where condition: ModelExpression, bounds: [Int]? = nil,
    tolerance: Double = 1e-8, limit: Int = 250_000
  ) throws(JumpProcessError) -> (states: NetworkStates, passage: FirstPassage) {
    guard !network.inlined(condition).readsTime else {
      throw .setting("--passage: expected a condition on amounts, and a rule in it reads the time")
    }
    if let bounds {
      let states = try reflecting(network, bounds, limit, for: "--passage")
      return try states.passage(where: condition)
    }
    var current = firstBounds(of: network)
    var last: Double?
    while true {
      let states: NetworkStates
      do throws(JumpProcessError) {
        states = try NetworkStates(network, bounds: current, limit: limit)
      } catch .stateLimit {
        throw .unsupported(
          last == nil
            ? "--passage: the condition holds in none of the nearest \(limit) states"
            : "--passage: the mean does not settle on \(limit) states; it may be infinite, or "
              + "--grid bounds them")
      }
      if states.isComplete { return try states.passage(where: condition) }
      let targets = states.states(where: condition)
      if targets.contains(true) {
        let passage = try states.generator.firstPassage(to: targets, leakingArrives: true)
        let mean = passage.mean[states.start]
        if mean == .infinity { return (states, passage) }
        if let last, abs(mean - last) <= tolerance * mean { return (states, passage) }
        last = mean
      }
      current = current.map { min(2 * $0, MasterEquation.largestBound) }
    }
  }

  /// The passage on these states alone.
  private func passage(
    where condition: ModelExpression
  ) throws(JumpProcessError) -> (states: NetworkStates, passage: FirstPassage) {
    let targets = states(where: condition)
    guard targets.contains(true) else {
      throw .setting("--passage: no state that can be reached fulfils the condition")
    }
    return (self, try generator.firstPassage(to: targets))
  }

  private static func reflecting(
    _ network: ReactionNetwork, _ bounds: [Int], _ limit: Int, for task: String
  ) throws(JumpProcessError) -> NetworkStates {
    do throws(JumpProcessError) {
      return try NetworkStates(network, bounds: bounds, edges: .reflect, limit: limit)
    } catch .stateLimit {
      throw .unsupported(
        "\(task): more than \(limit) states matter; amounts may grow without end, or --grid bounds "
          + "them")
    }
  }
}
