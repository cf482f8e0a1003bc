import CJumpProcesses

/// A network without events as plain arrays for the fast loops.
///
/// Every propensity is a constant times at most three *slots*. Slot 0 holds 1; others hold
/// `offset + scale·x` of a species `x`, such as `x` itself or `x − 1`: a reaction that takes two of
/// a species reads `k/2 · x · (x − 1)` and needs no case of its own. A propensity that is no such
/// product is one slot, which a program of instructions computes from the others; so is the value
/// of a rule.
package struct SlotForm: Sendable {
  package private(set) var initial: [Double] = [1]
  package private(set) var rate: [Double] = []
  package private(set) var factor: [Int32] = []
  package private(set) var changeBegin: [Int32] = [0]
  package private(set) var changeSlot: [Int32] = []
  package private(set) var changeBy: [Double] = []
  package private(set) var dependentBegin: [Int32] = [0]
  package private(set) var dependent: [Int32] = []
  package private(set) var program: [apus_instruction] = []
  package private(set) var updateBegin: [Int32] = [0]
  package private(set) var update: [Int32] = []
  /// The slot of each output of the network.
  package private(set) var outputSlot: [Int32] = []

  private var places: [Affine: Int32] = [:]
  private var constants: [UInt64: Int32] = [:]
  private var results: [Instruction: Int32] = [:]
  private var computedSlots: Set<Int32> = []
  /// The slots of each species, whose index in the network is the key.
  package private(set) var slotsOfSpecies: [Int: [SpeciesSlot]] = [:]
  private var slotOfRule: [Int: Int32] = [:]

  /// `offset + scale · species`.
  package struct Affine: Hashable, Sendable {
    var species: Int?
    var offset: Double
    var scale: Double
  }

  /// A slot that holds `offset + scale·x` of a species.
  package struct SpeciesSlot: Sendable {
    package var slot: Int32
    package var offset: Double
    package var scale: Double
  }

  /// What an instruction computes: two that are equal are one.
  struct Instruction: Hashable {
    var function: apus_function
    var operands: [Int32]

    func hash(into hasher: inout Hasher) {
      hasher.combine(function.rawValue)
      hasher.combine(operands)
    }
  }

  /// The form of a network, or nil where it has events or rate rules or reads the time.
  package init?(_ network: ReactionNetwork) {
    guard network.events.isEmpty, network.rateRules.isEmpty, !network.reactions.isEmpty else {
      return nil
    }
    let resolver = network.resolver
    let ruled = Set(network.rules.map(\.target))
    for rule in network.rules {
      guard let slot = slot(of: resolver.resolved(rule.value), in: network) else { return nil }
      slotOfRule[rule.target] = slot
    }
    for reaction in network.reactions {
      let propensity = resolver.resolved(network.propensity(of: reaction))
      let product = PlainProduct(propensity) { !ruled.contains($0) }
      if let product, product.isPlain(for: reaction, in: network) {
        rate.append(product.constant)
        appendFactors(product.factors.map { slot(of: $0, in: network) })
      } else {
        guard let slot = slot(of: propensity, in: network) else { return nil }
        rate.append(1)
        appendFactors([computed(slot)])
      }
    }
    outputSlot = network.outputs.map { slot(ofQuantity: $0, in: network) }
    appendChanges(network)
    appendDependents()
  }

  private mutating func appendFactors(_ slots: [Int32]) {
    factor += slots + Array(repeating: 0, count: 3 - slots.count)
  }

  // MARK: Slots

  private mutating func slot(of affine: Affine, in network: ReactionNetwork) -> Int32 {
    if let known = places[affine] { return known }
    let species = affine.species ?? 0
    let slot = newSlot(affine.offset + affine.scale * network.quantities[species].initial)
    places[affine] = slot
    slotsOfSpecies[species, default: []].append(
      SpeciesSlot(slot: slot, offset: affine.offset, scale: affine.scale))
    return slot
  }

  mutating func slot(ofQuantity index: Int, in network: ReactionNetwork) -> Int32 {
    slotOfRule[index] ?? slot(of: Affine(species: index, offset: 0, scale: 1), in: network)
  }

  /// The slot of a constant.
  mutating func slot(of number: Double) -> Int32 {
    if number == 1 { return 0 }
    if let known = constants[number.bitPattern] { return known }
    let slot = newSlot(number)
    constants[number.bitPattern] = slot
    return slot
  }

  private mutating func newSlot(_ value: Double) -> Int32 {
    initial.append(value)
    return Int32(initial.count - 1)
  }

  /// The slot that an instruction writes.
  mutating func result(_ function: apus_function, _ operands: [Int32]) -> Int32 {
    let instruction = Instruction(function: function, operands: operands)
    if let known = results[instruction] { return known }
    let slot = newSlot(0)
    results[instruction] = slot
    computedSlots.insert(slot)
    program.append(
      apus_instruction(
        function: Int32(function.rawValue), target: slot, first: operands[0],
        second: operands.count > 1 ? operands[1] : 0,
        third: operands.count > 2 ? operands[2] : 0))
    return slot
  }

  /// The slot, or one that the program computes of it: what is computed is checked to be a rate.
  private mutating func computed(_ slot: Int32) -> Int32 {
    computedSlots.contains(slot) ? slot : result(APUS_ADD, [slot, self.slot(of: 0)])
  }

  // MARK: What moves what

  private mutating func appendChanges(_ network: ReactionNetwork) {
    for reaction in network.reactions {
      for (species, amount) in network.change(by: reaction) {
        for place in slotsOfSpecies[species] ?? [] {
          changeSlot.append(place.slot)
          changeBy.append(place.scale * Double(amount))
        }
      }
      changeBegin.append(Int32(changeSlot.count))
    }
  }

  private mutating func appendDependents() {
    var readers = [[Int32]](repeating: [], count: initial.count)
    for reaction in rate.indices {
      for slot in Set(factor[3 * reaction..<3 * reaction + 3]) where slot > 0 {
        readers[Int(slot)].append(Int32(reaction))
      }
    }
    var steps = [[Int32]](repeating: [], count: initial.count)
    for (index, step) in program.enumerated() {
      for slot in Set([step.first, step.second, step.third]) where slot > 0 {
        steps[Int(slot)].append(Int32(index))
      }
    }
    for reaction in rate.indices {
      var changed = Array(changeSlot[Int(changeBegin[reaction])..<Int(changeBegin[reaction + 1])])
      var updated: Set<Int32> = []
      var place = 0
      while place < changed.count {
        for step in steps[Int(changed[place])] where updated.insert(step).inserted {
          changed.append(program[Int(step)].target)
        }
        place += 1
      }
      update += updated.sorted()
      updateBegin.append(Int32(update.count))
      dependent += Set(changed.flatMap { readers[Int($0)] }).sorted()
      dependentBegin.append(Int32(dependent.count))
    }
  }
}
