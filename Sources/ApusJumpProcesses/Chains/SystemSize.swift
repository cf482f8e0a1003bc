import Glibc

extension ReactionNetwork {
  /// The network in `size` times the volume: amounts grow with it, concentrations and how they move
  /// stay.
  ///
  /// A reaction of `n` molecules has its constant times `size^{1−n}`.
  ///
  /// - Throws: ``JumpProcessError/unsupported(_:)`` where a rate is a law, which says nothing of the
  ///   volume.
  public func scaled(by size: Int) throws(JumpProcessError) -> ReactionNetwork {
    var result = self
    for index in result.reactions.indices {
      guard case .massAction(let constant) = result.reactions[index].rate else {
        throw .unsupported(
          "\(result.reactions[index].name) has a law as rate: how it changes with the system's size "
            + "is not known")
      }
      let order = result.reactions[index].consumed.values.reduce(0, +)
      let factor = pow(Double(size), Double(1 - order))
      result.reactions[index].rate = .massAction(constant * .number(factor))
    }
    for species in NetworkStates.moving(of: self) {
      result.quantities[species].initial *= Double(size)
    }
    return result
  }
}

/// A master equation of one species beside its Fokker–Planck equation, at a size of the system.
public struct DiffusionLimit: Sendable {
  public let size: Int
  /// The largest difference of the two cumulative distributions.
  public let distance: Double

  /// Compares both after `time`.
  ///
  /// `A(n) = Σ ν a(n)` and `B(n) = Σ ν² a(n)` are the first two Kramers–Moyal moments; the density
  /// of the diffusion over `n − ½ … n + ½` stands for `n`.
  ///
  /// References: Kramers (1940), Physica 7; Moyal (1949), J. R. Stat. Soc. B 11; Kurtz (1978),
  /// "Strong approximation theorems for density dependent Markov chains", Stoch. Process. Appl. 6.
  public init(
    of network: ReactionNetwork, size: Int, time: Double
  ) throws(JumpProcessError) {
    let moving = NetworkStates.moving(of: network)
    guard moving.count == 1 else {
      throw .unsupported(
        "\(moving.count) species change: the Fokker–Planck equation is solved for one")
    }
    let scaled = try network.scaled(by: size)
    var equation = try MasterEquation(scaled)
    equation.tolerance = 1e-10
    let solution = try equation.solve(at: [time], by: .uniformization)
    let name = scaled.quantities[moving[0]].name
    let exact = solution.distributions[0].marginal(of: name) ?? []
    let moments = JumpMoments(scaled)
    let cellsPerAmount = 8
    // The diffusion gets a quarter more room than the jumps need.
    let initial = Int(scaled.quantities[moving[0]].initial)
    let amounts = max(exact.lastIndex { $0 > 1e-13 } ?? 0, initial) * 5 / 4 + 16
    let grid = try LineGrid(
      from: -0.5, to: Double(amounts) - 0.5, cells: amounts * cellsPerAmount)
    let generator = try SparseGenerator(
      on: grid, drift: { moments.moment(1, at: $0) }, diffusion: { moments.moment(2, at: $0) })
    let start = initial * cellsPerAmount
    var p = [Double](repeating: 0, count: grid.cells)
    for cell in start..<start + cellsPerAmount { p[cell] = 1 / Double(cellsPerAmount) }
    p = try generator.propagate(p, time: time, by: .krylov, tolerance: 1e-9)
    var (difference, largest) = (0.0, 0.0)
    for amount in 0..<amounts {
      let cells = p[amount * cellsPerAmount..<(amount + 1) * cellsPerAmount]
      difference += (amount < exact.count ? exact[amount] : 0) - cells.reduce(0, +)
      largest = max(largest, abs(difference))
    }
    self.size = size
    distance = largest
  }
}

/// The jump moments `Σ_j ν_jⁿ a_j(x)` of the first species of a network that changes.
struct JumpMoments {
  private let species: Int
  private let values: [Double]
  private let terms: [(change: Double, propensity: Formula)]

  init(_ network: ReactionNetwork) {
    let species = NetworkStates.moving(of: network)[0]
    self.species = species
    values = network.initialValues
    let resolver = network.resolver
    terms = network.reactions.compactMap { reaction in
      guard let change = network.change(by: reaction).first(where: { $0.species == species }) else {
        return nil
      }
      return (Double(change.amount), Formula(resolver.inlined(network.propensity(of: reaction))))
    }
  }

  /// The moment of order `n` where the species has an amount, whole or not.
  func moment(_ n: Int, at amount: Double) -> Double {
    var here = values
    here[species] = amount
    return moment(n, in: here)
  }

  /// The moment of order `n` where the quantities have `values`.
  func moment(_ n: Int, in values: [Double]) -> Double {
    terms.reduce(0) { sum, term in
      // Between whole numbers a polynomial may be below zero where there is nothing to take.
      sum + pow(term.change, Double(n)) * max(0, term.propensity.value(of: values, time: 0))
    }
  }
}
