import Glibc

/// How far a distribution is from equilibrium under a generator.
public struct Irreversibility: Sendable {
  /// `Σ (p_x W_xy − p_y W_yx) ln(p_x W_xy / p_y W_yx)` over pairs, in nats per unit of time.
  ///
  /// It is infinite where a jump has no way back.
  ///
  /// Reference: Schnakenberg (1976), "Network theory of microscopic and macroscopic behavior of
  /// master equation systems", Rev. Mod. Phys. 48.
  public let entropyProduction: Double
  /// The largest `|p_x W_xy − p_y W_yx|` over the largest flux: 0 where balance is detailed.
  public let imbalance: Double
}

extension SparseGenerator {
  /// Entropy production and detailed balance of a distribution.
  public func irreversibility(of p: [Double]) -> Irreversibility {
    precondition(p.count == states, "\(p.count) probabilities for \(states) states")
    var (production, imbalance, largest) = (0.0, 0.0, 0.0)
    for (pair, rates) in pairs {
      let (forward, back) = (p[pair.0] * rates.0, p[pair.1] * rates.1)
      largest = max(largest, forward, back)
      imbalance = max(imbalance, abs(forward - back))
      guard forward != back else { continue }
      // What rounding leaves of a probability has no logarithm worth adding.
      guard max(forward, back) > 1e-290 else { continue }
      production +=
        min(forward, back) > 0 ? (forward - back) * log(forward / back) : .infinity
    }
    return Irreversibility(
      entropyProduction: production, imbalance: largest > 0 ? imbalance / largest : 0)
  }

  /// The rates between every two states that a jump joins, there and back.
  private var pairs: [((Int, Int), rates: (Double, Double))] {
    var merged: [Int: (Double, Double)] = [:]
    for jump in transitions where jump.rate > 0 {
      let isUp = jump.from < jump.to
      let key = isUp ? jump.from * states + jump.to : jump.to * states + jump.from
      let rates = merged[key] ?? (0, 0)
      merged[key] = isUp ? (rates.0 + jump.rate, rates.1) : (rates.0, rates.1 + jump.rate)
    }
    return merged.sorted { $0.key < $1.key }.map { (($0.key / states, $0.key % states), $0.value) }
  }
}
