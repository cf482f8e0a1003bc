import Glibc

/// The master equation of a network, `dp/dt = p W`, solved on the states that matter.
///
/// Finite state projection by uniformization on an adaptive support. Each step covers a time `h` on
/// a set of states: those with probability above a threshold and what a few jumps reach from them.
/// The set grows during a step where probability comes near its edge, and is trimmed between steps.
/// The step matrix `I + W/λ` is not negative and all that is left out only removes probability, so
/// the exact probabilities are at least those computed, and the sum of all errors is what is missing
/// from one: the bound costs nothing. (Rounding, about 10⁻¹³, is not in it.)
///
/// References: Munsky, Khammash (2006), "The finite state projection algorithm for the solution of
/// the chemical master equation", J. Chem. Phys. 124; Jensen (1953), "Markoff chains as an aid in
/// the study of Markoff processes", Skand. Aktuarietidskr. 36.
public struct MasterEquation: Sendable {
  public let network: ReactionNetwork
  /// The largest error of the probabilities, summed over all states.
  public var tolerance = 1e-8
  /// The most states of a set.
  public var stateLimit = 10_000_000

  let axes: [Int]
  let jumps: [Jump]

  /// - Throws: ``JumpProcessError/unsupported(_:)`` where the state is no point of a lattice or
  ///   something happens at times of its own.
  public init(_ network: ReactionNetwork) throws(JumpProcessError) {
    try network.check()
    guard network.events.isEmpty else {
      throw .unsupported(
        "the master equation of a network with events is not solved; simulate \(network.name)")
    }
    self.network = network
    let moving = Set(network.reactions.flatMap { network.change(by: $0).map(\.species) })
    guard !moving.isEmpty else {
      throw .unsupported("no reaction of \(network.name) changes anything")
    }
    for species in moving {
      let initial = network.quantities[species].initial
      guard initial >= 0, initial == initial.rounded(), initial < 1e9 else {
        throw .unsupported(
          "\(network.quantities[species].name) begins at \(initial): the master equation is solved "
            + "for whole numbers from 0 to a thousand million")
      }
    }
    axes = Self.ordered(moving.sorted(), in: network)
    jumps = network.reactions.map { [axes] reaction in
      let change = Dictionary(
        uniqueKeysWithValues: network.change(by: reaction).map { ($0.species, $0.amount) })
      return Jump(
        across: axes.dropLast().map { Int32(change[$0] ?? 0) },
        along: change[axes[axes.count - 1]] ?? 0)
    }
  }

  /// Of a network whose rates change in time only ``PropagationMethod/cvode`` follows them.
  func requireSteadyRates() throws(JumpProcessError) {
    for reaction in network.reactions
    where network.inlined(network.propensity(of: reaction)).readsTime {
      throw .unsupported(
        "the rate of \(reaction.name) reads the time: expected --method cvode, linear-noise or "
          + "moment-closure")
    }
  }

  /// The species with the one that spreads most in a few paths last: rows are then long.
  private static func ordered(_ species: [Int], in network: ReactionNetwork) -> [Int] {
    // Species that no reaction takes alone with a partner grow furthest; amounts at the start and
    // the number of reactions that change one species by itself tell well enough which.
    func freedom(_ index: Int) -> Int {
      network.reactions.count { reaction in
        let change = network.change(by: reaction)
        return change.count == 1 && change[0].species == index
      }
    }
    guard let longest = species.max(by: { freedom($0) < freedom($1) }) else { return species }
    return species.filter { $0 != longest } + [longest]
  }

  /// The distribution at the start: all probability at the initial state.
  func start(_ tables: RateTables) -> LatticeChain {
    var rows = StateRows(width: axes.count - 1)
    let place = axes.map { Int(network.quantities[$0].initial) }
    let along = place[place.count - 1]
    rows.cover(place.dropLast().map(Int32.init), along..<along + 1)
    return LatticeChain(rows, core: rows, jumps: jumps, tables: tables)
  }

  static func check(_ times: [Double]) throws(JumpProcessError) {
    guard !times.isEmpty, times.allSatisfy({ $0 >= 0 && $0 < .infinity }),
      zip(times, times.dropFirst()).allSatisfy({ $0 <= $1 })
    else { throw .setting("expected rising times from 0 on") }
  }

  /// How a solution proceeds.
  public struct Progress: Sendable {
    public var time: Double
    public var states: Int
    public var lost: Double
  }

  /// Solves the equation at rising `times`.
  ///
  /// - Parameter report: called after each step.
  public func solve(
    at times: [Double], report: (Progress) throws -> Void = { _ in }
  ) throws -> MasterSolution {
    try requireSteadyRates()
    try Self.check(times)
    guard 1e-14...0.5 ~= tolerance else {
      throw JumpProcessError.setting("--tolerance: expected 1e-14 to 0.5, got \(tolerance)")
    }
    let tables = RateTables(network, axes: axes)
    var solver = ProjectionSolver(
      self, jumps: jumps, tables: tables, start: start(tables), until: times[times.count - 1])
    var distributions: [StateDistribution] = []
    for time in times {
      while solver.time < time {
        try solver.advance(to: time)
        try report(Progress(time: solver.time, states: solver.chain.states, lost: solver.lost))
      }
      distributions.append(solver.distribution(axes: axes, network: network))
    }
    return MasterSolution(
      times: times, distributions: distributions, lost: solver.lost, products: solver.products,
      largestSet: solver.largestSet)
  }
}

/// Probabilities of the states of a network at some times.
public struct MasterSolution: Sendable {
  public let times: [Double]
  public let distributions: [StateDistribution]
  /// The bound on the error of the last distribution, summed over all states.
  ///
  /// Where it is not certified: the probability that is missing, and estimates of what else is
  /// wrong.
  public let lost: Double
  public var isCertified = true
  /// Products with the step matrix.
  public let products: Int
  /// The most states that were in a set.
  public let largestSet: Int
}

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

  /// Takes one step, to `end` at most.
  mutating func advance(to end: Double) throws(JumpProcessError) {
    var rows = chain.support(of: probabilities, above: threshold)
    if rows.count == 0 { rows = chain.rows }
    var attempts = 0
    while true {
      let next = try makeChain(around: rows)
      guard next.largestExit > 0 else {
        // Nothing can happen any more.
        time = end
        return
      }
      let rate = next.largestExit * headroom
      let step = min(end - time, aim / rate)
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
    (chain, probabilities, time) = (chainAfter ?? chain, after, timeAfter)
    chainAfter = nil
    headroom = max(1.05, headroom * 0.85)
    aim = min(320, aim * 1.5)
    try checkRates()
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
    chainAfter = set
    after = sum
    timeAfter = isLast ? end : time + step
    lostAfter = max(0, 1 - sum.reduce(0, +))
    return nil
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

  /// A propensity that is no rate matters where there is probability.
  private func checkRates() throws(JumpProcessError) {
    for fault in chain.faulty where probabilities[fault.state] > threshold {
      throw .propensity(
        reaction: equation.network.reactions[fault.reaction].name, value: fault.value, time: time,
        state: "its probability is \(probabilities[fault.state])")
    }
  }

  /// The distribution as it is now.
  func distribution(axes: [Int], network: ReactionNetwork) -> StateDistribution {
    StateDistribution(
      network: network, axes: axes, rows: chain.rows, probabilities: probabilities)
  }
}

extension ReactionNetwork {
  /// Whether a rate changes in time.
  package var ratesReadTime: Bool {
    reactions.contains { inlined(propensity(of: $0)).readsTime }
  }
}
