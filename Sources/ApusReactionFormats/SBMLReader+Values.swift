import ApusJumpProcesses
import CSBML

/// What quantities are at time zero and always.
extension SBMLReader {
  /// The quantity of a name and a value in its own unit: species are kept as amounts.
  func target(
    _ name: String?, _ value: ModelExpression, of what: String
  ) throws(NetworkFault) -> ReactionNetwork.Assignment {
    guard let name, let index = indices[name] else {
      throw fault(
        "\(what) assigns to \(name ?? "nothing"), which is no species, parameter or compartment: "
          + "that is not supported")
    }
    guard let home = compartments[index] else { return .init(index, value) }
    return .init(index, value * .quantity(home))
  }

  /// The same of something that is not constant.
  func variable(
    _ name: String?, _ value: ModelExpression, of what: String
  ) throws(NetworkFault) -> ReactionNetwork.Assignment {
    let result = try target(name, value, of: what)
    guard !constants.contains(result.target) else {
      throw fault("\(what) changes \(name ?? ""), which is constant")
    }
    return result
  }

  mutating func readInitialAssignments() throws(NetworkFault) {
    let ruled = Set(network.rules.map(\.target))
    var seen: Set<Int> = []
    for index in 0..<Model_getNumInitialAssignments(model) {
      let assignment = Model_getInitialAssignment(model, index)
      let name = Self.text(InitialAssignment_getSymbol(assignment))
      let what = "the initial assignment of \(name ?? "")"
      let start = try target(
        name, expression(InitialAssignment_getMath(assignment), of: what), of: what)
      guard seen.insert(start.target).inserted else {
        throw fault("\(name ?? "") has two initial assignments; expected one at most")
      }
      guard !ruled.contains(start.target) else {
        throw fault("\(name ?? "") has an initial assignment and an assignment rule; expected one")
      }
      atStart[start.target] = start.value
    }
  }

  mutating func readRules() throws(NetworkFault) {
    var ruled: Set<Int> = []
    for index in 0..<Model_getNumRules(model) {
      let rule = Model_getRule(model, index)
      if Rule_isAlgebraic(rule) != 0 { throw fault("SBML's algebraic rules are not supported") }
      let name = Self.text(Rule_getVariable(rule))
      let isRate = Rule_isRate(rule) != 0
      let what = "the \(isRate ? "rate " : "")rule for \(name ?? "")"
      let value = try expression(Rule_getMath(rule), of: what)
      let assignment = try variable(name, value, of: what)
      guard ruled.insert(assignment.target).inserted else {
        throw fault("\(name ?? "") has two rules; expected one at most")
      }
      if isRate {
        network.rateRules.append(assignment)
      } else {
        network.rules.append(assignment)
      }
    }
    do throws(RuleOrder.Circle) {
      network.rules = try RuleOrder.sorted(network.rules)
    } catch {
      throw fault("assignment rules \(error.text(in: network))")
    }
    try followSizes()
  }

  /// Of a concentration that a rate rule changes, the amount changes with the compartment too.
  private mutating func followSizes() throws(NetworkFault) {
    let rates = Dictionary(
      network.rateRules.map { ($0.target, $0.value) }, uniquingKeysWith: { first, _ in first })
    let set = Set(network.rules.map(\.target))
    for (place, rule) in network.rateRules.enumerated() {
      guard let home = compartments[rule.target] else { continue }
      let names = (network.quantities[rule.target].name, network.quantities[home].name)
      guard !set.contains(home) else {
        throw fault(
          "\(names.0), a concentration, has a rate rule and its compartment \(names.1) an assignment "
            + "rule: that is not supported")
      }
      guard let growth = rates[home] else { continue }
      network.rateRules[place].value =
        rule.value + .quantity(rule.target) / .quantity(home) * growth
    }
  }

  /// Computes what is not given as a number, each quantity after those that it reads.
  mutating func setStart() throws(NetworkFault) {
    for rule in network.rules { atStart[rule.target] = rule.value }
    let open = atStart.sorted { $0.key < $1.key }
    let sorted: [ReactionNetwork.Assignment]
    do throws(RuleOrder.Circle) {
      sorted = try RuleOrder.sorted(open.map { .init($0.key, $0.value) })
    } catch {
      throw fault("initial assignments and rules \(error.text(in: network))")
    }
    var values = network.quantities.map(\.initial)
    for assignment in sorted {
      values[assignment.target] = Formula(assignment.value).value(of: values, time: 0)
    }
    for (index, value) in values.enumerated() {
      let isAmount = network.quantities[index].kind == .species
      guard value >= 0 || !isAmount || value.isNaN else {
        throw fault(
          "\(network.quantities[index].name) is \(value) at time zero; expected at least 0")
      }
      guard value.isFinite else {
        throw fault(
          "\(network.quantities[index].name) has no value at time zero"
            + (value.isNaN ? "" : ": it is \(value)"))
      }
      network.quantities[index].initial = value
    }
    roundAmounts()
  }

  /// A concentration times a size is a whole number but for rounding.
  private mutating func roundAmounts() {
    for species in Set(network.reactions.flatMap { network.change(by: $0).map(\.species) }) {
      let value = network.quantities[species].initial
      let whole = value.rounded()
      guard (value - whole).magnitude <= 1e-9 * max(1, whole.magnitude) else { continue }
      network.quantities[species].initial = whole
    }
  }
}
