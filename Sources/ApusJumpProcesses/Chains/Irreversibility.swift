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
    var fluxes = PairedFluxes()
    for jump in transitions {
      fluxes.add(p[jump.from] * jump.rate, from: jump.from, to: jump.to, by: 0)
    }
    return Irreversibility(fluxes)
  }
}

extension NetworkStates {
  /// Entropy production and detailed balance of a distribution, reaction by reaction.
  ///
  /// A reaction is compared with the one that makes what it takes and takes what it makes; those
  /// that have none are compared with each other, jump by jump, which may find less than there is.
  public func irreversibility(of p: [Double]) -> Irreversibility {
    precondition(p.count == count, "\(p.count) probabilities for \(count) states")
    let channels = network.channels
    var fluxes = PairedFluxes()
    for firing in firings where firing.to >= 0 && firing.to != firing.from {
      fluxes.add(
        p[firing.from] * firing.rate, from: firing.from, to: firing.to,
        by: channels[firing.reaction])
    }
    return Irreversibility(fluxes)
  }
}

extension ReactionNetwork {
  /// The channel of each reaction: one number for it and its reverse, 0 for all without a reverse.
  fileprivate var channels: [Int] {
    struct Sides: Hashable {
      var consumed: [Int: Int]
      var produced: [Int: Int]
    }
    let sides = reactions.map { Sides(consumed: $0.consumed, produced: $0.produced) }
    let all = Set(sides)
    var numbers: [Sides: Int] = [:]
    return sides.map { side in
      let reverse = Sides(consumed: side.produced, produced: side.consumed)
      guard all.contains(reverse) else { return 0 }
      if let number = numbers[side] ?? numbers[reverse] { return number }
      numbers[side] = numbers.count + 1
      return numbers.count
    }
  }
}

/// Fluxes between every two states, there and back, for each channel.
private struct PairedFluxes {
  private struct Key: Hashable {
    var low: Int
    var high: Int
    var channel: Int
  }

  private var fluxes: [Key: (up: Double, down: Double)] = [:]

  mutating func add(_ flux: Double, from: Int, to: Int, by channel: Int) {
    guard flux > 0 else { return }
    let key = Key(low: min(from, to), high: max(from, to), channel: channel)
    if from < to {
      fluxes[key, default: (0, 0)].up += flux
    } else {
      fluxes[key, default: (0, 0)].down += flux
    }
  }

  /// The pairs in an order that does not change from run to run.
  var sorted: [(up: Double, down: Double)] {
    fluxes.sorted {
      ($0.key.low, $0.key.high, $0.key.channel) < ($1.key.low, $1.key.high, $1.key.channel)
    }.map(\.value)
  }
}

extension Irreversibility {
  fileprivate init(_ fluxes: PairedFluxes) {
    var (production, imbalance, largest) = (0.0, 0.0, 0.0)
    for (up, down) in fluxes.sorted {
      largest = max(largest, up, down)
      imbalance = max(imbalance, abs(up - down))
      // What rounding leaves of a probability has no logarithm worth adding.
      guard up != down, max(up, down) > 1e-290 else { continue }
      production += min(up, down) > 0 ? (up - down) * log(up / down) : .infinity
    }
    self.init(
      entropyProduction: production, imbalance: largest > 0 ? imbalance / largest : 0)
  }
}
