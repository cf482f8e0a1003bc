/// Equations for means and covariances alone, in place of the master equation.
///
/// With `ν_j` what reaction `j` changes and `a_j` its propensity,
/// `dμ/dt = Σ_j ν_j ⟨a_j⟩` and `dC/dt = Σ_j (ν_j ⟨(x − μ) a_j⟩ᵀ + ⟨(x − μ) a_j⟩ ν_jᵀ + ν_j ν_jᵀ ⟨a_j⟩)`
/// are exact; the two methods differ in how they close the means on the right. Both are exact for
/// propensities that are linear. Rates may read the time.
public struct MomentEquations: Sendable {
  /// How means of propensities are found.
  public enum Closure: String, Sendable, CaseIterable {
    /// Linear noise: `⟨a⟩ = a(μ)` and `⟨(x − μ) a⟩ = C ∇a(μ)` with the rates of the deterministic limit.
    ///
    /// The first two orders of an expansion in the system's size. Reference: van Kampen (2007),
    /// "Stochastic processes in physics and chemistry", chapter X.
    case linearNoise = "linear-noise"
    /// The distribution is taken to be normal: third central moments are zero.
    ///
    /// Exact means of polynomials up to degree three under that assumption; other laws are expanded
    /// to as many orders. Reference: Goodman (1953), "Population growth of the sexes", Biometrics 9.
    case normal = "moment-closure"
  }

  public let network: ReactionNetwork
  public let closure: Closure
  /// The quantities that reactions change, in the order of the model.
  public let moving: [Int]
  private let reactions: [MomentReaction]

  /// - Throws: ``JumpProcessError/unsupported(_:)`` where a propensity has no derivative or the
  ///   network has no master equation.
  public init(_ network: ReactionNetwork, _ closure: Closure) throws(JumpProcessError) {
    _ = try MasterEquation(network)
    self.network = network
    self.closure = closure
    let moving = NetworkStates.moving(of: network)
    self.moving = moving
    let source = closure == .linearNoise ? network.macroscopic : network
    var reactions: [MomentReaction] = []
    let resolver = source.resolver
    for (index, reaction) in source.reactions.enumerated() {
      let change = source.change(by: reaction).map { (species: $0.species, by: Double($0.amount)) }
      guard !change.isEmpty else { continue }
      let law = resolver.inlined(source.propensity(of: reaction))
      guard
        let prepared = MomentReaction(
          index, law, change: change, moving: moving, order: closure == .linearNoise ? 1 : 3)
      else {
        throw .unsupported(
          "the rate of \(reaction.name) has no derivative: --method \(closure.rawValue) needs one")
      }
      reactions.append(prepared)
    }
    self.reactions = reactions
  }

  /// Means and covariances at rising `times`, from the start without spread.
  public func solve(at times: [Double]) throws(JumpProcessError) -> MomentSolution {
    try MasterEquation.check(times)
    let n = moving.count
    let start = moving.map { network.quantities[$0].initial }
    let zeros = [Double](repeating: 0, count: n * (n + 1) / 2)
    let values = network.initialValues
    var first = start + zeros
    try slope(at: 0, start + zeros, values, into: &first)
    guard first.allSatisfy(\.isFinite) else {
      throw .unsupported(
        "a rate or one of its derivatives is not finite at the start: --method "
          + "\(closure.rawValue) cannot begin there")
    }
    let rows = try integrate(start + zeros, at: times, values)
    return MomentSolution(
      network: network, moving: moving, times: times, means: rows.map { Array($0.prefix(n)) },
      covariances: rows.map { row in
        var full = DenseMatrix(rows: n, columns: n)
        for i in 0..<n { for j in 0..<n { full[i, j] = row[Self.place(i, j, n)] } }
        return full
      })
  }

  private func integrate(
    _ start: [Double], at times: [Double], _ initial: [Double]
  ) throws(JumpProcessError) -> [[Double]] {
    var values = initial
    do throws(JumpProcessError) {
      return try StiffIntegration.run(
        from: start, at: times, relativeTolerance: 1e-10, absoluteTolerance: 1e-10,
        readsTime: network.ratesReadTime, breaks: network.rateJumps(until: times.last ?? 0),
        switches: network.rateSwitches
      ) { time, y, slopes throws(JumpProcessError) in
        for index in moving.indices { values[moving[index]] = y[index] }
        try slope(at: time, y, values, into: &slopes)
      }
    } catch .integration(let time, let reason) {
      throw .unsupported(
        "--method \(closure.rawValue) breaks down at time \(time.significant(4)) (\(reason)): the "
          + "distribution is far from what it assumes, or amounts grow without end")
    }
  }

  /// Where `C_ij` is in the vector of the equations: the triangle behind the means.
  private static func place(_ i: Int, _ j: Int, _ n: Int) -> Int {
    let (high, low) = (max(i, j), min(i, j))
    return n + high * (high + 1) / 2 + low
  }

  private func slope(
    at time: Double, _ y: [Double], _ values: [Double], into slopes: inout [Double]
  ) throws(JumpProcessError) {
    let n = moving.count
    for index in slopes.indices { slopes[index] = 0 }
    func covariance(_ i: Int, _ j: Int) -> Double { y[Self.place(i, j, n)] }
    for reaction in reactions {
      try check(reaction, values, time)
      let mean = reaction.mean(values, time, covariance)
      for (i, change) in reaction.change { slopes[i] += change * mean }
      for i in 0..<n {
        // ⟨(x_i − μ_i) a⟩ goes into C_ij for each j that the reaction changes, twice into C_ii.
        let joint = reaction.joint(with: i, values, time, covariance)
        for (j, change) in reaction.change {
          slopes[Self.place(i, j, n)] += (i == j ? 2 : 1) * change * joint
        }
      }
      for (i, a) in reaction.change {
        for (j, b) in reaction.change where j <= i { slopes[Self.place(i, j, n)] += a * b * mean }
      }
    }
  }
}

extension MomentEquations {
  /// A law is no rate where it is negative at the means, by more than rounding.
  private func check(
    _ reaction: MomentReaction, _ values: [Double], _ time: Double
  ) throws(JumpProcessError) {
    guard case .law = network.reactions[reaction.index].rate else { return }
    let rate = reaction.rate(values, time)
    guard rate < -1e-6 else { return }
    throw .propensity(
      reaction: network.reactions[reaction.index].name, value: rate, time: time,
      state: moving.map { "\(network.quantities[$0].name) = \(values[$0])" }
        .joined(separator: ", "))
  }
}

/// A propensity with its derivatives by the species that it reads.
private struct MomentReaction: Sendable {
  typealias Covariance = (Int, Int) -> Double

  /// Its place among the reactions of the network.
  let index: Int
  let change: [(place: Int, by: Double)]
  private let law: Formula
  /// `∂a/∂x_k`, `∂²a/∂x_k∂x_l` and `∂³a/∂x_k∂x_l∂x_m` that are not 0, by the places of the species.
  private var first: [(k: Int, formula: Formula)] = []
  private var second: [(k: Int, l: Int, formula: Formula)] = []
  private var third: [(k: Int, l: Int, m: Int, formula: Formula)] = []

  init?(
    _ index: Int, _ law: ModelExpression, change: [(species: Int, by: Double)], moving: [Int],
    order: Int
  ) {
    self.index = index
    self.law = Formula(law)
    self.change = change.compactMap { entry in
      moving.firstIndex(of: entry.species).map { ($0, entry.by) }
    }
    let reads = moving.indices.filter { law.quantities.contains(moving[$0]) }
    for k in reads {
      guard let slope = law.derivative(by: moving[k]) else { return nil }
      if slope == .number(0) { continue }
      first.append((k, Formula(slope)))
      if order == 1 { continue }
      for l in reads {
        guard let curvature = slope.derivative(by: moving[l]) else { return nil }
        if curvature == .number(0) { continue }
        second.append((k, l, Formula(curvature)))
        for m in reads {
          guard let rest = curvature.derivative(by: moving[m]) else { return nil }
          if rest != .number(0) { third.append((k, l, m, Formula(rest))) }
        }
      }
    }
  }

  /// The propensity at the means.
  func rate(_ values: [Double], _ time: Double) -> Double { law.value(of: values, time: time) }

  /// `⟨a⟩ = a + ½ Σ a_kl C_kl`.
  func mean(_ values: [Double], _ time: Double, _ covariance: Covariance) -> Double {
    second.reduce(law.value(of: values, time: time)) { sum, term in
      sum + 0.5 * term.formula.value(of: values, time: time) * covariance(term.k, term.l)
    }
  }

  /// `⟨(x_i − μ_i) a⟩ = Σ a_k C_ik + ½ Σ a_klm C_ik C_lm`.
  func joint(
    with i: Int, _ values: [Double], _ time: Double, _ covariance: Covariance
  ) -> Double {
    let linear = first.reduce(0) { sum, term in
      sum + term.formula.value(of: values, time: time) * covariance(i, term.k)
    }
    return third.reduce(linear) { sum, term in
      sum + 0.5 * term.formula.value(of: values, time: time) * covariance(i, term.k)
        * covariance(term.l, term.m)
    }
  }
}

/// Means and covariances at some times.
public struct MomentSolution: Sendable {
  private let network: ReactionNetwork
  /// The quantities that reactions change, in the order of the model.
  public let moving: [Int]
  public let times: [Double]
  /// `[time][species]`.
  public let means: [[Double]]
  public let covariances: [DenseMatrix]

  fileprivate init(
    network: ReactionNetwork, moving: [Int], times: [Double], means: [[Double]],
    covariances: [DenseMatrix]
  ) {
    self.network = network
    self.moving = moving
    self.times = times
    self.means = means
    self.covariances = covariances
  }

  /// The mean and the standard deviation of a species at a point; nil where a rule sets it.
  public func moments(of name: String, point: Int) -> (mean: Double, deviation: Double)? {
    guard let index = network.index(of: name) else { return nil }
    guard let place = moving.firstIndex(of: index) else {
      return network.assigned.contains(index) ? nil : (network.quantities[index].initial, 0)
    }
    return (means[point][place], max(0, covariances[point][place, place]).squareRoot())
  }
}
