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
    if let rule = network.rateRules.first {
      throw .unsupported(
        "\(network.quantities[rule.target].name) of \(network.name) changes by a rate rule, which a "
          + "master equation of counts does not have; simulate it")
    }
    let network = network.withPossibleJumps
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
    guard let reaction = network.firstWithTimedRate else { return }
    throw .unsupported(
      "the rate of \(reaction.name) reads the time: expected --until with --method cvode, "
        + "linear-noise or moment-closure")
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
  /// Where it stops early, the distribution it had come to is the last one, and
  /// ``MasterSolution/fault`` says why.
  ///
  /// - Parameters:
  ///   - isCancelled: asked before each step.
  ///   - report: called after each step.
  public func solve(
    at times: [Double], isCancelled: () -> Bool = { false }, report: (Progress) -> Void = { _ in }
  ) throws(JumpProcessError) -> MasterSolution {
    try requireSteadyRates()
    try Self.check(times)
    guard 1e-14...0.5 ~= tolerance else {
      throw JumpProcessError.setting("--tolerance: expected 1e-14 to 0.5, got \(tolerance)")
    }
    let tables = RateTables(network, axes: axes)
    var solver = ProjectionSolver(
      self, jumps: jumps, tables: tables, start: start(tables), until: times[times.count - 1])
    try solver.checkStart()
    var reached: [Double] = []
    var distributions: [StateDistribution] = []
    func take(_ time: Double) {
      reached.append(time)
      distributions.append(solver.distribution(axes: axes, network: network))
    }
    var fault: JumpProcessError?
    do throws(JumpProcessError) {
      for time in times {
        while solver.time < time {
          if isCancelled() { throw .cancelled(time: solver.time) }
          try solver.advance(to: time)
          report(Progress(time: solver.time, states: solver.chain.states, lost: solver.lost))
        }
        take(time)
      }
    } catch {
      guard solver.time > 0 else { throw error }
      fault = error
      if solver.time > reached.last ?? 0 { take(solver.time) }
    }
    return MasterSolution(
      times: reached, distributions: distributions, lost: solver.lost, fault: fault,
      products: solver.products, largestSet: solver.largestSet)
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
  /// Why it ends before the last time asked for.
  public var fault: JumpProcessError?
  /// Products with the step matrix.
  public let products: Int
  /// The most states that were in a set.
  public let largestSet: Int
}

extension ReactionNetwork {
  /// Whether a rate changes in time.
  package var ratesReadTime: Bool { firstWithTimedRate != nil }

  /// The first reaction whose rate changes in time.
  var firstWithTimedRate: Reaction? {
    let resolver = resolver
    return reactions.first { resolver.inlined(propensity(of: $0)).readsTime }
  }
}
