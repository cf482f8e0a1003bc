import ApusNumerics

/// Leaps: in one step each reaction fires a random number of times.
///
/// References: Cao, Gillespie, Petzold (2005), "Avoiding negative populations in explicit Poisson
/// tau-leaping", J. Chem. Phys. 123; Chatterjee, Vlachos, Katsoulakis (2005), "Binomial
/// distribution based τ-leap accelerated stochastic simulation", J. Chem. Phys. 122.
extension ApproximatePath {
  /// Leaps are not worth it below so many expected firings; then so many are made one by one.
  private static let worthwhileFirings = 10.0
  private static let singleFirings = 100

  mutating func leap(until end: Double) throws(JumpProcessError) {
    try evaluate()
    let total = propensities.reduce(0, +)
    guard total > 0 else { return time = end }
    let isBinomial = model.method == .binomialLeaping
    let critical = propensities.indices.filter { !isBinomial && isCritical($0) }
    let criticalTotal = critical.reduce(0) { $0 + propensities[$1] }
    let calm = Set(critical).isEmpty ? Array(propensities.indices) : others(than: critical)
    let isCalm = Set(calm)
    var longest = longestStep { isCalm.contains($0) }
    let start = x
    while longest * total >= Self.worthwhileFirings {
      let wait = criticalTotal > 0 ? exponential() / criticalTotal : .infinity
      let step = min(longest, wait, end - time)
      guard (total * step).isFinite else {
        throw .unsupported(
          "--method \(model.method.rawValue) would fire more reactions in a step of \(step) than there "
            + "are numbers for, at time \(time)")
      }
      var fired = isBinomial ? fireBinomial(calm, step) : firePoisson(calm, step)
      if wait == step, wait < longest, let reaction = pick(critical, criticalTotal) {
        fire(reaction, 1)
        fired += 1
      }
      if model.species.indices.allSatisfy({ amount($0) >= 0 }) {
        time = step == end - time ? end : time + step
        events += fired
        return
      }
      x = start
      longest /= 2
    }
    try fireOneByOne(until: end)
  }

  private func others(than critical: [Int]) -> [Int] {
    let left = Set(critical)
    return propensities.indices.filter { !left.contains($0) }
  }

  private mutating func exponential() -> Double { -naturalLogarithm(1 - random.uniform()) }

  private mutating func fire(_ reaction: Int, _ count: Double) {
    for (species, amount) in model.changes[reaction] { add(amount * count, to: species) }
  }

  private mutating func firePoisson(_ reactions: [Int], _ step: Double) -> Double {
    var fired = 0.0
    for reaction in reactions where propensities[reaction] > 0 {
      let count = random.poisson(mean: propensities[reaction] * step)
      if count > 0 { fire(reaction, count) }
      fired += count
    }
    return fired
  }

  private mutating func drawnOrder(_ items: [Int]) -> [Int] {
    var order = items
    for place in order.indices.reversed() {
      order.swapAt(place, random.uniformInteger(below: place + 1))
    }
    return order
  }

  /// Each reaction takes what those before it left, in an order that is drawn for the step.
  private mutating func fireBinomial(_ reactions: [Int], _ step: Double) -> Double {
    var fired = 0.0
    for reaction in drawnOrder(reactions) where propensities[reaction] > 0 {
      let mean = propensities[reaction] * step
      let limit = firingsLeft(reaction, amount)
      let count =
        limit < 0x1p53
        ? random.binomial(trials: max(limit, 0), probability: min(1, mean / max(limit, 1)))
        : random.poisson(mean: mean)
      if count > 0 { fire(reaction, count) }
      fired += count
    }
    return fired
  }

  /// One of the reactions, by their propensities.
  private mutating func pick(_ reactions: some Sequence<Int>, _ total: Double) -> Int? {
    var left = random.uniform() * total
    var last: Int?
    for reaction in reactions where propensities[reaction] > 0 {
      last = reaction
      left -= propensities[reaction]
      if left < 0 { break }
    }
    return last
  }

  private mutating func fireOneByOne(until end: Double) throws(JumpProcessError) {
    for _ in 0..<Self.singleFirings {
      let total = propensities.reduce(0, +)
      let next = total > 0 ? time + exponential() / total : .infinity
      guard next < end, let reaction = pick(propensities.indices, total) else { return time = end }
      time = next
      fire(reaction, 1)
      events += 1
      try evaluate()
    }
  }
}

/// The chemical Langevin equation, `dx = Σ νⱼ(aⱼ dt + √aⱼ dWⱼ)`, in steps of Euler and Maruyama.
///
/// Where noise would take more of a species than there is, reactions are done one after the other, in
/// an order that is drawn for the step, each no further than what is there allows: sums that
/// reactions conserve stay.
///
/// Reference: Gillespie (2000), "The chemical Langevin equation", J. Chem. Phys. 113.
extension ApproximatePath {
  mutating func diffuse(until end: Double) throws(JumpProcessError) {
    try evaluate()
    let step = min(longestStep { _ in true }, end - time)
    var extents: [(reaction: Int, count: Double)] = []
    for (reaction, propensity) in propensities.enumerated() where propensity > 0 {
      let mean = propensity * step
      let count = random.normal(mean: mean, standardDeviation: mean.squareRoot())
      extents.append((reaction, count))
      events += mean
    }
    let start = x
    for (reaction, count) in extents { fire(reaction, count) }
    if model.species.indices.contains(where: { amount($0) < 0 }) {
      x = start
      for place in drawnOrder(Array(extents.indices)) {
        fire(extents[place].reaction, possible(extents[place].count, of: extents[place].reaction))
      }
      for species in model.species.indices { roundUp(species) }
    }
    time = step == end - time ? end : time + step
  }

  /// Takes back what roundings took of a species beyond what there was, in all that is computed from it, too.
  private mutating func roundUp(_ species: Int) {
    let amount = max(0, amount(species))
    for slot in model.species[species].slots {
      x[Int(slot.slot)] = slot.offset + slot.scale * amount
    }
  }

  /// The count nearest to one that leaves every amount at 0 or above.
  private func possible(_ count: Double, of reaction: Int) -> Double {
    model.changes[reaction].reduce(count) { count, change in
      let limit = max(0, amount(change.species)) / change.amount.magnitude
      return change.amount < 0 ? min(count, limit) : max(count, -limit)
    }
  }
}
