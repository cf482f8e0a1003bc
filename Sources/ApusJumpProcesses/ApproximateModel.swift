import ApusNumerics
import CJumpProcesses

/// A network prepared for paths that approximate its law.
struct ApproximateModel: Sendable {
  /// A species that reactions change.
  struct Species: Sendable {
    /// Its place among the quantities of the network.
    var index: Int
    /// The slots that move with it, that of its amount first.
    var slots: [SlotForm.SpeciesSlot]
    /// The highest order of the reactions that read it, 0 where none does.
    var order = 0
    /// The most molecules of it that one of those takes.
    var molecules = 1
  }

  let form: SlotForm
  let method: SimulationMethod
  let network: ReactionNetwork
  let species: [Species]
  /// Of each reaction, what it adds to species.
  let changes: [[(species: Int, amount: Double)]]

  init(_ network: ReactionNetwork, _ method: SimulationMethod) throws(JumpProcessError) {
    guard let form = SlotForm(network) else {
      throw .unsupported(
        "--method \(method.rawValue) needs a network without events, rate rules and the time in its "
          + "formulas; \(network.name) has some, use direct")
    }
    self.form = form
    self.method = method
    self.network = network
    let changed = network.reactions.map { network.change(by: $0) }
    let indices = Set(changed.flatMap { $0.map(\.species) }).sorted()
    let places = Dictionary(uniqueKeysWithValues: indices.enumerated().map { ($1, $0) })
    changes = changed.map { change in
      change.compactMap { entry in places[entry.species].map { ($0, Double(entry.amount)) } }
    }
    var species = indices.map { index in
      let slots = form.slotsOfSpecies[index] ?? []
      return Species(
        index: index, slots: slots.filter { $0.offset == 0 } + slots.filter { $0.offset != 0 })
    }
    for (reaction, reads) in Self.reads(of: network).enumerated() {
      // The factors of a plain product are its molecules; other laws count as of third order.
      let factors = form.factor[3 * reaction..<3 * reaction + 3].filter { $0 > 0 }
      for index in reads {
        guard let place = places[index] else { continue }
        let own = species[place].slots.map(\.slot)
        let molecules = factors.count { own.contains($0) }
        let order = molecules > 0 ? factors.count : 3
        guard order >= species[place].order else { continue }
        species[place].molecules =
          order > species[place].order
          ? max(1, molecules) : max(species[place].molecules, molecules)
        species[place].order = order
      }
    }
    self.species = species
  }

  /// The quantities that each propensity reads, directly or through rules.
  private static func reads(of network: ReactionNetwork) -> [Set<Int>] {
    var ofRules: [Int: Set<Int>] = [:]
    func all(_ expression: ModelExpression) -> Set<Int> {
      expression.quantities.reduce(into: []) { $0.formUnion(ofRules[$1] ?? [$1]) }
    }
    for rule in network.rules { ofRules[rule.target] = all(rule.value) }
    return network.reactions.map { all(network.propensity(of: $0)) }
  }

  /// Runs one path; gives its events, the points written and what stopped it before the last.
  func run(
    _ simulation: Simulation, _ random: PhiloxStream,
    into samples: UnsafeMutableBufferPointer<Double>, path: Int, isCancelled: () -> Bool
  ) -> (events: Int, points: Int, error: JumpProcessError?) {
    form.withNetwork { network in
      var run = ApproximatePath(self, network, random)
      var point = 0
      var steps = 0
      do throws(JumpProcessError) {
        try run.checkStart()
        for time in simulation.times {
          while run.time < time {
            try run.step(until: time)
            steps += 1
            if steps & 0xFF == 0, isCancelled() { throw .cancelled(time: run.time) }
            guard run.events <= Double(simulation.eventLimit) else {
              throw .eventLimit(limit: simulation.eventLimit, path: path, time: run.time)
            }
          }
          for (place, slot) in form.outputSlot.enumerated() {
            samples[point * form.outputSlot.count + place] = run.x[Int(slot)]
          }
          point += 1
        }
        return (Int(run.events), point, nil)
      } catch {
        return (Int(min(run.events, 1e18)), point, error)
      }
    }
  }
}
