import ApusNumerics

/// The state of a solution under way.
struct ProjectionSolver {
  private let equation: MasterEquation
  private let jumps: [Jump]
  private let tables: RateTables
  private let until: Double
  private(set) var chain: LatticeChain
  private(set) var probabilities: [Double]
  private(set) var time = 0.0
  private(set) var products = 0
  private(set) var largestSet = 1
  /// The products that a step aims at; small while the distribution moves fast.
  private var aim = 32.0
  /// By how much the rate of a step is above the largest exit of its first set.
  private var headroom = 1.3
  private var threshold: Double

  /// Jumps from the states that matter to the edge of the core, and from there to that of the set.
  private static let margin = 4
  /// Products between looks at the edge.
  ///
  /// One moves probability by one jump, so none that counts gets
  /// from the core out of the set unseen.
  private static let interval = 4

  init(
    _ equation: MasterEquation, jumps: [Jump], tables: RateTables, start: LatticeChain,
    until: Double
  ) {
    self.equation = equation
    self.jumps = jumps
    self.tables = tables
    self.until = until
    chain = start
    probabilities = [1]
    threshold = equation.tolerance * 1e-6
  }

  /// The probability that is missing.
  var lost: Double { max(0, 1 - probabilities.reduce(0, +)) }

  /// What may be missing at a time.
  private func budget(at time: Double) -> Double {
    equation.tolerance * (0.05 + 0.95 * time / max(until, time))
  }

  /// From so many products on a solution that would need too many of them is given up.
  private static let patience = 20_000_000
  private static let productLimit = 1e11

  private func checkProgress() throws(JumpProcessError) {
    guard products > Self.patience else { return }
    let needed = Double(products) / time * until
    guard needed <= Self.productLimit else { throw tooFast(products: needed) }
  }

  private func tooFast(products: Double?) -> JumpProcessError {
    let need = products.map { "would take about \($0.significant(2))" } ?? "is out of reach"
    return .unsupported(
      "the rates are too fast for the time asked for: \(self.products) products with the step "
        + "matrix came to time \(time), and \(until) \(need); solve to an earlier time, for the "
        + "stationary distribution, or by --method cvode")
  }

  /// Takes one step, to `end` at most.
  mutating func advance(to end: Double) throws(JumpProcessError) {
    try checkProgress()
    var rows = chain.support(of: probabilities, above: threshold)
    if rows.count == 0 { rows = chain.rows }
    var attempts = 0
    while true {
      let next = try makeChain(around: rows)
      guard next.largestExit > 0 else {
        // Nothing can happen any more.
        settle(next.adopt(probabilities, of: chain), on: next, at: end)
        break
      }
      let rate = next.largestExit * headroom
      let step = min(end - time, aim / rate)
      guard time + step > time else { throw tooFast(products: nil) }
      if let bigger = try attempt(step, rate: rate, on: next, to: end) {
        // The set grew into states that are left faster than the step allows for.
        rows.cover(bigger)
        headroom = min(headroom * 1.2, 3)
        continue
      }
      guard lostAfter > budget(at: timeAfter) else { break }
      attempts += 1
      guard attempts < 8 else {
        throw .tolerance(equation.tolerance, reached: lostAfter, time: timeAfter)
      }
      threshold /= 100
    }
    let reached = chainAfter ?? chain
    try checkRates(of: reached, after, at: timeAfter)
    (chain, probabilities, time) = (reached, after, timeAfter)
    chainAfter = nil
    headroom = max(1.05, headroom * 0.85)
    aim = min(320, aim * 1.5)
  }

  // What an attempt at a step gave.
  private var chainAfter: LatticeChain?
  private var after: [Double] = []
  private var timeAfter = 0.0
  private var lostAfter = 0.0

  /// Tries a step; gives the set to start anew with where the rate was too low.
  private mutating func attempt(
    _ step: Double, rate: Double, on first: LatticeChain, to end: Double
  ) throws(JumpProcessError) -> StateRows? {
    let isLast = step >= end - time
    let weights = PoissonWeights(
      mean: rate * step, cut: equation.tolerance * 0.1 * step / max(until, step))
    var set = first
    set.scale(by: rate)
    var x = set.adopt(probabilities, of: chain)
    var y = [Double](repeating: 0, count: set.states)
    var sum = x.map { $0 * weights[0] }
    for count in stride(from: 1, through: weights.last, by: 1) {
      set.step(x, into: &y, weight: weights[count], sum: &sum)
      swap(&x, &y)
      products += 1
      guard count % Self.interval == 0, count < weights.last,
        set.isCramped(x, above: threshold)
      else { continue }
      // The sum's states stay in the set although the last vector may have left them.
      let support = set.support(of: x, above: threshold)
      let larger = try makeChain(around: support, with: set)
      if larger.largestExit > rate { return support }
      larger.scale(by: rate)
      x = larger.adopt(x, of: set)
      sum = larger.adopt(sum, of: set)
      y = [Double](repeating: 0, count: larger.states)
      set = larger
    }
    settle(sum, on: set, at: isLast ? end : time + step)
    return nil
  }

  /// Takes what a step came to; the little that is where rates are none counts as lost.
  private mutating func settle(_ sum: [Double], on set: LatticeChain, at time: Double) {
    chainAfter = set
    after = sum
    for fault in set.faulty where after[fault.state] <= threshold { after[fault.state] = 0 }
    timeAfter = time
    lostAfter = max(0, 1 - after.reduce(0, +))
  }

  /// The chain on the states around `support`, and on those of another set where there is one.
  private mutating func makeChain(
    around support: StateRows, with other: LatticeChain? = nil
  ) throws(JumpProcessError) -> LatticeChain {
    var core = support.dilated(by: jumps, rounds: Self.margin)
    var rows = core.dilated(by: jumps, rounds: Self.interval)
    if let other {
      core.cover(other.core)
      rows.cover(other.rows)
    }
    let states = rows.states
    guard states <= equation.stateLimit else {
      throw .stateLimit(limit: equation.stateLimit, time: time, lost: lost)
    }
    largestSet = max(largestSet, states)
    return LatticeChain(rows, core: core, jumps: jumps, tables: tables)
  }

  /// Checks the rates of the start.
  func checkStart() throws(JumpProcessError) { try checkRates(of: chain, probabilities, at: 0) }

  /// A propensity that is no rate matters where there is probability.
  private func checkRates(
    of chain: LatticeChain, _ probabilities: [Double], at time: Double
  ) throws(JumpProcessError) {
    for fault in chain.faulty where probabilities[fault.state] > threshold {
      let network = equation.network
      let amounts = zip(tables.axes, chain.amounts(of: fault.state)).sorted { $0.0 < $1.0 }
      let state = amounts.map { "\(network.quantities[$0].name) = \($1)" }.joined(separator: ", ")
      throw .propensity(
        reaction: network.reactions[fault.reaction].name, value: fault.value, time: time,
        state: state)
    }
  }

  /// The distribution as it is now.
  func distribution(axes: [Int], network: ReactionNetwork) -> StateDistribution {
    StateDistribution(
      network: network, axes: axes, rows: chain.rows, probabilities: probabilities, time: time)
  }
}
