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
    self.states = states.count
    lost = max(0, 1 - p.reduce(0, +))
    let whole = try generator.propagator(time: until)
    let parts =
      try generator.propagator(time: until / 3) * generator.propagator(time: 2 * until / 3)
    chapmanKolmogorov = (whole - parts).largestEntry
    (rates, moments) = try Self.limits(states, at: p)
    let integrated = try MasterIntegrator(generator).integrate(states.initial, until: until)
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

/// Integrates `dp/dt = p W` by an explicit Runge–Kutta pair of orders 5 and 4 with error control.
///
/// It knows nothing of exponentials or Poisson weights, so it checks the other methods.
///
/// Reference: Dormand, Prince (1980), "A family of embedded Runge–Kutta formulae", J. Comput. Appl.
/// Math. 6.
struct MasterIntegrator {
  private let generator: SparseGenerator
  private let tolerance = 1e-12
  private static let a: [[Double]] = [
    [], [1 / 5], [3 / 40, 9 / 40], [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  ]
  private static let difference: [Double] = [
    71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40,
  ]

  init(_ generator: SparseGenerator) { self.generator = generator }

  func integrate(_ start: [Double], until: Double) throws(JumpProcessError) -> [Double] {
    var (p, time) = (start, 0.0)
    var step = min(until, 0.1 / max(generator.largestExit, 1e-300))
    var tries = 0
    while time < until {
      tries += 1
      guard tries < 2_000_000 else {
        throw .unsupported("integrating the master equation takes more than 2000000 steps")
      }
      step = min(step, until - time)
      let (next, error) = trial(p, step)
      if error <= tolerance {
        time = step >= until - time ? until : time + step
        p = next
      }
      step *= error > 0 ? min(4, max(0.2, 0.9 * pow(tolerance / error, 0.2))) : 4
    }
    return p
  }

  private func trial(_ p: [Double], _ step: Double) -> (next: [Double], error: Double) {
    var slopes: [[Double]] = []
    var point = p
    for row in Self.a {
      point = p
      for (factor, slope) in zip(row, slopes) where factor != 0 {
        for index in point.indices { point[index] += step * factor * slope[index] }
      }
      var slope = point
      generator.flow(point, into: &slope)
      slopes.append(slope)
    }
    var error = 0.0
    for index in p.indices {
      var part = 0.0
      for (factor, slope) in zip(Self.difference, slopes) { part += factor * slope[index] }
      error += abs(step * part)
    }
    return (point, error)
  }
}
