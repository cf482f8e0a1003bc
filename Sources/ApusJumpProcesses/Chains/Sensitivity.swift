/// How a distribution changes with a parameter that the generator depends on.
///
/// With `V = ∂W/∂θ` the derivative `s = ∂p/∂θ` obeys `ds/dt = s W + p V`. It is taken along with `p`
/// by uniformization: `s_{k+1} = s_k (1 + W/λ) + p_k V/λ` with the same Poisson weights.
public struct DistributionSensitivity: Sendable {
  /// `p` at the time.
  public let distribution: [Double]
  /// `∂p/∂θ` at the time.
  public let derivative: [Double]
}

extension SparseGenerator {
  /// The distribution after `time` and its derivative by a parameter.
  ///
  /// - Parameter slopes: `∂W_xy/∂θ` of jumps between different states, −1 where they leave the set;
  ///   the diagonal follows.
  public func sensitivity(
    of start: [Double], slopes: [(from: Int, to: Int, slope: Double)],
    time: Double, tolerance: Double = 1e-12
  ) throws(JumpProcessError) -> DistributionSensitivity {
    // Where nothing happens there may still be slopes.
    let rate = max(largestExit, 1 / max(time, 1e-300))
    guard time > 0 else {
      return .init(distribution: start, derivative: start.map { _ in 0 })
    }
    try PropagationRecord.checkWork(products: rate * time, states: states)
    let steps = max(1, (rate * time / 10_000).rounded(.up))
    let weights = PoissonWeights(mean: rate * time / steps, cut: tolerance / steps)
    var p = start
    var s = [Double](repeating: 0, count: states)
    var none: [Double] = []
    for _ in 0..<Int(steps) {
      var pSum = p.map { weights[0] * $0 }
      var sSum = s.map { weights[0] * $0 }
      var next = p
      for count in stride(from: 1, through: weights.last, by: 1) {
        let weight = weights[count]
        apply(s, into: &next, identity: 1, scale: 1 / rate, weight: 0, sum: &none)
        for (from, to, slope) in slopes {
          if to >= 0 { next[to] += slope * p[from] / rate }
          next[from] -= slope * p[from] / rate
        }
        swap(&s, &next)
        apply(p, into: &next, identity: 1, scale: 1 / rate, weight: weight, sum: &pSum)
        swap(&p, &next)
        if weight != 0 { for state in 0..<states { sSum[state] += weight * s[state] } }
      }
      (p, s) = (pSum, sSum)
    }
    return .init(distribution: p, derivative: s)
  }
}

/// How the mean of a species changes with a constant.
public struct MeanSensitivity: Sendable {
  public let species: String
  public let parameter: String
  public let mean: Double
  /// `∂⟨x⟩/∂θ`.
  public let slope: Double
}

extension NetworkStates {
  /// The sensitivities of all means to some constants at a time, on bounds that grow until at most
  /// `tolerance` is lost.
  public static func sensitivities(
    of network: ReactionNetwork, by parameters: [String], at time: Double, bounds: [Int]? = nil,
    tolerance: Double = 1e-8, limit: Int = 1_000_000
  ) throws(JumpProcessError) -> (states: NetworkStates, rows: [MeanSensitivity]) {
    var current = bounds ?? firstBounds(of: network)
    var indices: [Int] = []
    var slopes: [[Formula]] = network.reactions.map { _ in [] }
    for name in parameters {
      guard network.constantNames.contains(name), let parameter = network.index(of: name) else {
        throw .setting("--sensitivity: \(network.name) has no constant \(name)")
      }
      indices.append(parameter)
      for (place, slope) in try network.slopes(by: parameter).enumerated() {
        slopes[place].append(slope)
      }
    }
    while true {
      let states = try NetworkStates(network, bounds: current, limit: limit, slopes: slopes)
      let p = try states.generator.propagate(
        states.initial, time: time, tolerance: 0.1 * tolerance)
      let lost = 1 - p.reduce(0, +)
      guard lost > tolerance else {
        var rows: [MeanSensitivity] = []
        for parameter in indices {
          rows += try states.sensitivity(by: parameter, at: time, tolerance: tolerance)
        }
        return (states, rows)
      }
      guard bounds == nil, !states.isComplete else {
        throw .tolerance(tolerance, reached: lost, time: time)
      }
      current = MasterEquation.grown(
        current, where: states.edgeProbabilities(p), above: tolerance * 1e-3)
    }
  }

  private func sensitivity(
    by parameter: Int, at time: Double, tolerance: Double
  ) throws(JumpProcessError) -> [MeanSensitivity] {
    let result = try generator.sensitivity(
      of: initial, slopes: try slopes(by: parameter), time: time, tolerance: 0.1 * tolerance)
    return moving.indices.map { axis in
      var (mean, slope) = (0.0, 0.0)
      for state in 0..<count {
        let amount = Double(amounts[state * moving.count + axis])
        mean += amount * result.distribution[state]
        slope += amount * result.derivative[state]
      }
      return MeanSensitivity(
        species: network.quantities[moving[axis]].name,
        parameter: network.quantities[parameter].name, mean: mean, slope: slope)
    }
  }
}

extension ReactionNetwork {
  /// The names of the parameters and compartments that keep their value.
  package var constantNames: [String] {
    let constants = constants
    return quantities.indices.filter {
      constants.contains($0) && quantities[$0].kind != .species
    }.map { quantities[$0].name }
  }
}
