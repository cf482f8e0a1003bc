import ApusNumerics
import Glibc

/// The steps from a memoryless process to its master equation, each as a number.
///
/// `Documentation/MasterEquation.md` has them on paper with the same symbols.
public struct Derivation: Sendable {
  /// The states that the matrices are over.
  public let states: Int
  /// The largest `|P(s + t) − P(s) P(t)|` with `s = T/3`, `t = 2T/3`.
  public let chapmanKolmogorov: Double
  /// For falling `τ`, the largest `|(P(τ) − 1)/τ − W|`.
  public let rates: [(time: Double, deviation: Double)]
  /// `Σ|p(0) P(T) − p(T)|` with `p(T)` from integrating `dp/dt = p W`.
  public let propagation: Double
  /// The probability that leaves the set of states by `T`.
  public let lost: Double
  /// For `n = 1, 2, 3` at the mean of the first species at `T`.
  public let moments: [Moment]
  /// Master and Fokker–Planck equation at growing sizes; empty where ``limitReason`` says why.
  public let limit: [DiffusionLimit]
  public let limitReason: String?
  /// Of the stationary distribution; nil where ``balanceReason`` says why.
  public let balance: Irreversibility?
  public let balanceReason: String?

  /// A Kramers–Moyal moment of the first species, at one state.
  public struct Moment: Sendable {
    public let order: Int
    /// `(1/τ) Σ_y (y − x)ⁿ P_xy(τ)` at the smallest `τ`.
    public let fromPropagator: Double
    /// `Σ_j ν_jⁿ a_j(x)`.
    public let fromRates: Double
  }

  /// The order at which `(P(τ) − 1)/τ` approaches `W`: the slope between the last two rows.
  public var order: Double {
    guard rates.count > 1 else { return .nan }
    let (a, b) = (rates[rates.count - 2], rates[rates.count - 1])
    return log(a.deviation / b.deviation) / log(a.time / b.time)
  }

  static let stateLimit = 600

  /// - Parameter until: the time `T`.
  public init(_ network: ReactionNetwork, until: Double) throws(JumpProcessError) {
    guard until > 0, until < .infinity else {
      throw .setting("--until: expected a number above 0, got \(until)")
    }
    let (states, p) = try Self.states(of: network, until: until)
    let generator = states.generator
    guard generator.largestExit > 0 else {
      throw .unsupported(
        "--derive: nothing can happen at the start, so there are no rates to approach")
    }
    self.states = states.count
    lost = max(0, 1 - p.reduce(0, +))
    let whole = try generator.propagator(time: until)
    let parts =
      try generator.propagator(time: until / 3) * generator.propagator(time: 2 * until / 3)
    chapmanKolmogorov = (whole - parts).largestEntry
    (rates, moments) = try Self.limits(states, at: p)
    let integrated = try generator.integrated(states.initial, until: until)
    let row = whole.values[states.start * states.count..<(states.start + 1) * states.count]
    propagation = zip(row, integrated).reduce(0) { $0 + abs($1.0 - $1.1) }
    (limit, limitReason) = Self.limit(of: network, until: until)
    (balance, balanceReason) = Self.balance(of: network)
  }

  /// States that lose less than 10⁻¹⁰ by `until`, and the distribution then.
  private static func states(
    of network: ReactionNetwork, until: Double
  ) throws(JumpProcessError) -> (NetworkStates, [Double]) {
    var bounds = NetworkStates.firstBounds(of: network)
    while true {
      let states: NetworkStates
      do throws(JumpProcessError) {
        states = try NetworkStates(network, bounds: bounds, limit: stateLimit)
      } catch .stateLimit {
        throw .unsupported(
          "--derive works on whole matrices of at most \(stateLimit) states, and \(network.name) "
            + "needs more")
      }
      let p = try states.generator.propagate(states.initial, time: until, tolerance: 1e-13)
      if states.isComplete || 1 - p.reduce(0, +) < 1e-10 { return (states, p) }
      bounds = MasterEquation.grown(bounds, where: states.edgeProbabilities(p), above: 1e-13)
    }
  }

  private static func limits(
    _ states: NetworkStates, at p: [Double]
  ) throws(JumpProcessError) -> (rates: [(time: Double, deviation: Double)], moments: [Moment]) {
    let generator = states.generator
    let w = generator.dense
    let one = DenseMatrix.identity(states.count)
    var rows: [(time: Double, deviation: Double)] = []
    var time = 0.1 / max(generator.largestExit, 1e-300)
    var rate = w
    for _ in 0..<8 {
      rate = try (1 / time) * (generator.propagator(time: time) - one)
      rows.append((time, (rate - w).largestEntry))
      time /= 4
    }
    let mean = (0..<states.count).reduce(0.0) { sum, state in
      sum + p[state] * Double(states.amounts(of: state).first ?? 0)
    }
    let place =
      (0..<states.count).min { a, b in
        let (x, y) = (states.amounts(of: a).first ?? 0, states.amounts(of: b).first ?? 0)
        let (dx, dy) = (abs(Double(x) - mean), abs(Double(y) - mean))
        return dx == dy ? p[a] > p[b] : dx < dy
      } ?? states.start
    let exact = JumpMoments(states.network)
    let amount = Double(states.amounts(of: place).first ?? 0)
    let moments = (1...3).map { order in
      let sum = (0..<states.count).reduce(0.0) { sum, other in
        let jump = Double(states.amounts(of: other).first ?? 0) - amount
        return sum + (other == place ? 0 : pow(jump, Double(order)) * rate[place, other])
      }
      return Moment(
        order: order, fromPropagator: sum,
        fromRates: exact.moment(order, in: states.values(of: place)))
    }
    return (rows, moments)
  }

  private static func limit(
    of network: ReactionNetwork, until: Double
  ) -> ([DiffusionLimit], reason: String?) {
    var rows: [DiffusionLimit] = []
    do throws(JumpProcessError) {
      for size in [1, 2, 4, 8] {
        rows.append(try DiffusionLimit(of: network, size: size, time: until))
      }
      return (rows, nil)
    } catch {
      return ([], error.description)
    }
  }

  private static func balance(of network: ReactionNetwork) -> (Irreversibility?, reason: String?) {
    do throws(JumpProcessError) {
      let stationary = try NetworkStates.stationary(of: network, limit: 20_000)
      return (stationary.states.irreversibility(of: stationary.probabilities), nil)
    } catch {
      return (nil, error.description)
    }
  }
}

extension SparseGenerator {
  /// The distribution after `end`, of `dp/dt = p W` by an explicit Runge–Kutta method.
  ///
  /// It knows nothing of exponentials or Poisson weights, so it checks the other methods.
  fileprivate func integrated(
    _ start: [Double], until end: Double
  ) throws(JumpProcessError) -> [Double] {
    var integration = DormandPrince(
      start, absoluteTolerance: 1e-15, relativeTolerance: 1e-13)
    while integration.time < end {
      guard integration.tries < 2_000_000 else {
        throw .unsupported("integrating the master equation takes more than 2000000 steps")
      }
      let isDone = integration.step(to: end) { _, p, slopes in flow(p, into: &slopes) }
      guard isDone else {
        throw .integration(time: integration.time, reason: "its steps become too short")
      }
    }
    return integration.values
  }
}
