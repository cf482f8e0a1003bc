import CJumpProcesses
import CSUNDIALS

extension ReactionNetwork {
  /// The network with the rates of its deterministic limit: `k·xⁿ/n!` in place of the ways to pick.
  var macroscopic: ReactionNetwork {
    var result = self
    for (index, reaction) in reactions.enumerated() {
      guard case .massAction(let constant) = reaction.rate else { continue }
      var law = constant
      for (species, count) in reaction.consumed.sorted(by: { $0.key < $1.key }) {
        for taken in 0..<count {
          law = law * .quantity(species)
          if taken > 0 { law = law / .number(Double(taken + 1)) }
        }
      }
      result.reactions[index].rate = .law(law)
    }
    return result
  }
}

/// The reaction-rate equations, `dx/dt = Σ νⱼ aⱼ(x)`, integrated by CVODE.
///
/// Reference: Hindmarsh et al. (2005), "SUNDIALS: suite of nonlinear and differential/algebraic
/// equation solvers", ACM TOMS 31.
extension ApproximateModel {
  private static let relativeTolerance = 1e-9
  private static let absoluteTolerance = 1e-9

  /// What the slopes are computed from.
  private final class System {
    let model: ApproximateModel
    let network: UnsafePointer<apus_network>
    var x: [Double]
    var propensities: [Double]

    init(_ model: ApproximateModel, _ network: UnsafePointer<apus_network>) {
      self.model = model
      self.network = network
      x = model.form.initial
      propensities = Array(repeating: 0, count: model.changes.count)
    }

    /// Sets the amounts of the species and computes the propensities.
    func evaluate(_ amounts: UnsafePointer<Double>) {
      for (place, species) in model.species.enumerated() {
        for slot in species.slots {
          x[Int(slot.slot)] = slot.offset + slot.scale * amounts[place]
        }
      }
      apus_propensities(network, &x, &propensities)
    }
  }

  func integrate(
    _ simulation: Simulation, _ network: UnsafePointer<apus_network>,
    into samples: UnsafeMutableBufferPointer<Double>
  ) -> (events: Int, points: Int, error: JumpProcessError?) {
    guard !species.isEmpty else { return writeConstants(simulation, into: samples) }
    let system = System(self, network)
    var state = species.map { self.network.quantities[$0.index].initial }
    let times = simulation.times
    var rows = [Double](repeating: 0, count: times.count * state.count)
    var fault = [CChar](repeating: 0, count: 64)
    var reached = 0.0
    let points = withExtendedLifetime(system) {
      apus_integrate(
        Int32(state.count), &state,
        { _, amounts, slopes, context in
          guard let amounts, let slopes, let context else { return -1 }
          let system = Unmanaged<System>.fromOpaque(context).takeUnretainedValue()
          system.evaluate(amounts)
          for place in system.model.species.indices { slopes[place] = 0 }
          for (reaction, change) in system.model.changes.enumerated() {
            for (species, amount) in change {
              slopes[species] += amount * system.propensities[reaction]
            }
          }
          for place in system.model.species.indices where !slopes[place].isFinite { return 1 }
          return 0
        }, Unmanaged.passUnretained(system).toOpaque(), Self.relativeTolerance,
        Self.absoluteTolerance, Int32(times.count), times, &rows, &fault, &reached)
    }
    for point in 0..<Int(points) {
      Array(rows[point * species.count..<(point + 1) * species.count]).withUnsafeBufferPointer {
        if let amounts = $0.baseAddress { system.evaluate(amounts) }
      }
      for (place, slot) in form.outputSlot.enumerated() {
        samples[point * form.outputSlot.count + place] = system.x[Int(slot)]
      }
    }
    guard Int(points) < times.count else { return (0, Int(points), nil) }
    let reason = fault.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return (
      0, Int(points),
      .integration(time: reached, reason: String(decoding: reason, as: UTF8.self))
    )
  }

  /// Nothing changes where no reaction changes a species.
  private func writeConstants(
    _ simulation: Simulation, into samples: UnsafeMutableBufferPointer<Double>
  ) -> (events: Int, points: Int, error: JumpProcessError?) {
    let values = network.initialValues
    for point in 0..<simulation.points {
      for (place, output) in network.outputs.enumerated() {
        samples[point * network.outputs.count + place] = values[output]
      }
    }
    return (0, simulation.points, nil)
  }
}
