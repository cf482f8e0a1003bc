import ApusNumerics
import CJumpProcesses

/// One approximate path under way: leaps of many reactions, or a diffusion.
///
/// Both take steps during which no propensity changes by more than a share `ε = 0.03`, and no
/// species loses more than that share of itself: where gains and losses of many molecules are
/// equal the first rule alone, which looks at their difference, takes steps far beyond the time
/// in which the species relaxes, and the spread comes out too wide.
///
/// Reference: Cao, Gillespie, Petzold (2006), "Efficient step size selection for the tau-leaping
/// simulation method", J. Chem. Phys. 124.
struct ApproximatePath {
  static let share = 0.03
  /// A reaction is critical that is so few firings from using something up.
  private static let criticalFirings = 10.0

  let model: ApproximateModel
  private let network: UnsafePointer<apus_network>
  var random: PhiloxStream
  var x: [Double]
  var propensities: [Double]
  var time = 0.0
  /// Reactions fired; those of a diffusion are expected ones.
  var events = 0.0

  init(
    _ model: ApproximateModel, _ network: UnsafePointer<apus_network>, _ random: PhiloxStream
  ) {
    self.model = model
    self.network = network
    self.random = random
    x = model.form.initial
    propensities = Array(repeating: 0, count: model.changes.count)
    apus_propensities(network, &x, &propensities)
  }

  /// One step, at most to `end`.
  mutating func step(until end: Double) throws(JumpProcessError) {
    if model.method == .langevin {
      try diffuse(until: end)
    } else {
      try leap(until: end)
    }
  }

  /// Computes the propensities of the state; where it diffuses they are at least 0.
  mutating func evaluate() throws(JumpProcessError) {
    apus_propensities(network, &x, &propensities)
    for (index, value) in propensities.enumerated() {
      if value >= 0, value < .infinity { continue }
      if model.method == .langevin, value < 0, value > -.infinity {
        propensities[index] = 0
        continue
      }
      throw noRate(index)
    }
  }

  /// Checks the rates of the start: later one below zero is what noise makes of nothing.
  func checkStart() throws(JumpProcessError) {
    for (index, value) in propensities.enumerated() where !(value >= 0 && value < .infinity) {
      throw noRate(index)
    }
  }

  private func noRate(_ index: Int) -> JumpProcessError {
    .propensity(
      reaction: model.network.reactions[index].name, value: propensities[index], time: time,
      state: model.network.text(ofOutputs: model.form.outputSlot.map { x[Int($0)] }))
  }

  /// The amount of a species.
  func amount(_ species: Int) -> Double {
    model.species[species].slots.first.map { x[Int($0.slot)] } ?? 0
  }

  mutating func add(_ change: Double, to species: Int) {
    for slot in model.species[species].slots { x[Int(slot.slot)] += slot.scale * change }
  }

  /// How often a reaction can fire before something that it takes is used up.
  func firingsLeft(_ reaction: Int, _ amounts: (Int) -> Double) -> Double {
    var left = Double.infinity
    for (species, amount) in model.changes[reaction] where amount < 0 {
      left = min(left, (amounts(species) / -amount).rounded(.down))
    }
    return left
  }

  func isCritical(_ reaction: Int) -> Bool {
    propensities[reaction] > 0 && firingsLeft(reaction, amount) < Self.criticalFirings
  }

  /// The longest step in which the propensities of all reactions change by a share `ε` at most,
  /// where only the reactions that `fires` are looked at.
  func longestStep(_ fires: (Int) -> Bool) -> Double {
    var means = [Double](repeating: 0, count: model.species.count)
    var variances = means
    var losses = means
    for (reaction, propensity) in propensities.enumerated() where propensity > 0 && fires(reaction)
    {
      for (species, amount) in model.changes[reaction] {
        means[species] += amount * propensity
        variances[species] += amount * amount * propensity
        losses[species] += max(0, -amount) * propensity
      }
    }
    var step = Double.infinity
    for (index, species) in model.species.enumerated() where species.order > 0 {
      let change = max(Self.share * amount(index) / order(of: species, amount(index)), 1)
      if means[index] != 0 { step = min(step, change / means[index].magnitude) }
      if variances[index] > 0 { step = min(step, change * change / variances[index]) }
      if losses[index] > 0 { step = min(step, max(Self.share * amount(index), 1) / losses[index]) }
    }
    return step
  }

  /// `gᵢ`: how many times as fast as the amount `x` the propensities change, relatively.
  private func order(of species: ApproximateModel.Species, _ x: Double) -> Double {
    switch (species.order, species.molecules) {
    case (...1, _): 1
    case (2, 1): 2
    case (2, _): x > 1 ? 2 + 1 / (x - 1) : 3
    case (_, 1): 3
    case (_, 2): x > 1 ? 1.5 * (2 + 1 / (x - 1)) : 4.5
    default: x > 2 ? 3 + 1 / (x - 1) + 2 / (x - 2) : 6.5
    }
  }
}
