import ApusJumpProcesses
import CSBML

/// Reads one model.
struct SBMLReader {
  private let model: OpaquePointer
  private let file: String
  private var network: ReactionNetwork
  private var indices: [String: Int] = [:]
  private var math = SBMLMath(names: [:])
  /// Of species whose name in formulas is a concentration: the index of the compartment.
  private var compartments: [Int: Int] = [:]

  init(model: OpaquePointer, file: String) {
    self.model = model
    self.file = file
    network = ReactionNetwork(Self.text(Model_getId(model)) ?? file)
  }

  mutating func read() throws(NetworkFault) -> ReactionNetwork {
    try refuseUnsupported()
    try readFunctions()
    try readCompartments()
    try readSpecies()
    try readParameters()
    try readInitialAssignments()
    try readRules()
    try readReactions()
    try readEvents()
    for quantity in network.quantities where !quantity.initial.isFinite {
      let isAssigned = network.rules.contains { network.quantities[$0.target] == quantity }
      guard isAssigned else {
        throw fault("\(quantity.name) has no value at time zero")
      }
    }
    return network
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    pointer.map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  private func fault(_ message: String) -> NetworkFault { NetworkFault(file, message) }

  private func refuseUnsupported() throws(NetworkFault) {
    if Model_getNumConstraints(model) > 0 { throw fault("SBML's constraints are not supported") }
    if Self.text(Model_getConversionFactor(model)) != nil {
      throw fault("SBML's conversionFactor is not supported")
    }
  }

  private func expression(
    _ node: OpaquePointer?, of what: String, scope: [String: Expression] = [:]
  ) throws(NetworkFault) -> Expression {
    do throws(SBMLMath.Refusal) {
      return try math.expression(node, scope: scope)
    } catch {
      throw fault("the formula of \(what) \(error.message)")
    }
  }

  // MARK: What there is

  private mutating func readFunctions() throws(NetworkFault) {
    for index in 0..<Model_getNumFunctionDefinitions(model) {
      let definition = Model_getFunctionDefinition(model, index)
      let name = Self.text(FunctionDefinition_getId(definition)) ?? ""
      let arguments = (0..<FunctionDefinition_getNumArguments(definition)).map {
        Self.text(ASTNode_getName(FunctionDefinition_getArgument(definition, $0))) ?? ""
      }
      guard let body = FunctionDefinition_getBody(definition) else {
        throw fault("function \(name) has no body")
      }
      math.define(name, arguments: arguments, body: body)
    }
  }

  private mutating func add(
    _ name: String?, _ kind: ReactionNetwork.Quantity.Kind, _ initial: Double,
    isHeld: Bool = false
  ) throws(NetworkFault) -> Int {
    guard let name else { throw fault("a quantity has no id") }
    guard indices[name] == nil else { throw fault("\(name) is defined twice") }
    indices[name] = network.quantities.count
    network.quantities.append(
      .init(name, kind, initial: initial, isHeldByBoundary: isHeld))
    math.names[name] = .quantity(network.quantities.count - 1)
    return network.quantities.count - 1
  }

  private mutating func readCompartments() throws(NetworkFault) {
    for index in 0..<Model_getNumCompartments(model) {
      let compartment = Model_getCompartment(model, index)
      let size = Compartment_isSetSize(compartment) != 0 ? Compartment_getSize(compartment) : 1
      _ = try add(Self.text(Compartment_getId(compartment)), .compartment, size)
    }
  }

  private mutating func readSpecies() throws(NetworkFault) {
    for number in 0..<Model_getNumSpecies(model) {
      let species = Model_getSpecies(model, number)
      let name = Self.text(Species_getId(species))
      if Self.text(Species_getConversionFactor(species)) != nil {
        throw fault("the conversionFactor of \(name ?? "") is not supported")
      }
      guard let home = Self.text(Species_getCompartment(species)).flatMap({ indices[$0] }) else {
        throw fault("\(name ?? "a species") is in no compartment")
      }
      let size = network.quantities[home].initial
      let initial =
        Species_isSetInitialAmount(species) != 0
        ? Species_getInitialAmount(species)
        : Species_isSetInitialConcentration(species) != 0
          ? Species_getInitialConcentration(species) * size : .nan
      let isHeld = Species_getBoundaryCondition(species) != 0 || Species_getConstant(species) != 0
      let index = try add(name, .species, initial, isHeld: isHeld)
      guard let name, Species_getHasOnlySubstanceUnits(species) == 0 else { continue }
      compartments[index] = home
      math.names[name] = .quantity(index) / .quantity(home)
    }
  }

  private mutating func readParameters() throws(NetworkFault) {
    for index in 0..<Model_getNumParameters(model) {
      let parameter = Model_getParameter(model, index)
      let value = Parameter_isSetValue(parameter) != 0 ? Parameter_getValue(parameter) : .nan
      _ = try add(Self.text(Parameter_getId(parameter)), .parameter, value)
    }
  }

  /// The quantity of a name and a value in its own unit: species are kept as amounts.
  private func target(
    _ name: String?, _ value: Expression, of what: String
  ) throws(NetworkFault) -> ReactionNetwork.Assignment {
    guard let name, let index = indices[name] else {
      throw fault(
        "\(what) assigns to \(name ?? "nothing"), which is no species, parameter or compartment: "
          + "that is not supported")
    }
    guard let home = compartments[index] else { return .init(index, value) }
    return .init(index, value * .quantity(home))
  }

  private mutating func readInitialAssignments() throws(NetworkFault) {
    var open: [ReactionNetwork.Assignment] = []
    for index in 0..<Model_getNumInitialAssignments(model) {
      let assignment = Model_getInitialAssignment(model, index)
      let name = Self.text(InitialAssignment_getSymbol(assignment))
      let what = "the initial assignment of \(name ?? "")"
      open.append(
        try target(
          name, expression(InitialAssignment_getMath(assignment), of: what), of: what))
    }
    guard let sorted = RuleOrder.sorted(open) else {
      throw fault("initial assignments read each other in a circle")
    }
    for assignment in sorted {
      let value = assignment.value.replacing { .number(network.quantities[$0].initial) }.folded
      guard !value.readsTime, let number = value.constant else {
        throw fault("an initial assignment reads the time: that is not supported")
      }
      network.quantities[assignment.target].initial = number
    }
  }

  // MARK: What happens

  private mutating func readRules() throws(NetworkFault) {
    for index in 0..<Model_getNumRules(model) {
      let rule = Model_getRule(model, index)
      let name = Self.text(Rule_getVariable(rule))
      if Rule_isAlgebraic(rule) != 0 { throw fault("SBML's algebraic rules are not supported") }
      if Rule_isRate(rule) != 0 {
        throw fault(
          "the rate rule for \(name ?? "") is not supported: what changes between reactions cannot "
            + "be simulated exactly")
      }
      let what = "the rule for \(name ?? "")"
      network.rules.append(
        try target(name, expression(Rule_getMath(rule), of: what), of: what))
    }
    guard let sorted = RuleOrder.sorted(network.rules) else {
      throw fault("assignment rules read each other in a circle")
    }
    network.rules = sorted
  }

  private mutating func readReactions() throws(NetworkFault) {
    for index in 0..<Model_getNumReactions(model) {
      let reaction = Model_getReaction(model, index)
      let name = Self.text(Reaction_getId(reaction)) ?? "reaction \(index + 1)"
      if Reaction_getFast(reaction) != 0 {
        throw fault("reaction \(name) is marked as fast: that is not supported")
      }
      guard let law = Reaction_getKineticLaw(reaction) else {
        throw fault("reaction \(name) has no kinetic law")
      }
      var scope: [String: Expression] = [:]
      for number in 0..<KineticLaw_getNumParameters(law) {
        let parameter = KineticLaw_getParameter(law, number)
        guard let local = Self.text(Parameter_getId(parameter)) else { continue }
        scope[local] = .number(Parameter_getValue(parameter))
      }
      let rate = try expression(
        KineticLaw_getMath(law), of: "the kinetic law of \(name)", scope: scope)
      var consumed: [Int: Int] = [:]
      for number in 0..<Reaction_getNumReactants(reaction) {
        try count(Reaction_getReactant(reaction, number), into: &consumed, of: name)
      }
      var produced: [Int: Int] = [:]
      for number in 0..<Reaction_getNumProducts(reaction) {
        try count(Reaction_getProduct(reaction, number), into: &produced, of: name)
      }
      network.reactions.append(
        .init(name, consumed: consumed, produced: produced, rate: .law(rate)))
    }
  }

  private func count(
    _ reference: OpaquePointer?, into counts: inout [Int: Int], of reaction: String
  ) throws(NetworkFault) {
    guard let reference, let name = Self.text(SpeciesReference_getSpecies(reference)),
      let index = indices[name]
    else { throw fault("reaction \(reaction) names a species that the model does not have") }
    guard SpeciesReference_isSetStoichiometryMath(reference) == 0 else {
      throw fault("stoichiometryMath in reaction \(reaction) is not supported")
    }
    let stoichiometry = SpeciesReference_getStoichiometry(reference)
    guard stoichiometry == stoichiometry.rounded(), 0...1e6 ~= stoichiometry else {
      throw fault(
        "the stoichiometry of \(name) in reaction \(reaction) is \(stoichiometry); expected a whole "
          + "number from 0 to 1000000")
    }
    counts[index, default: 0] += Int(stoichiometry)
  }

  private mutating func readEvents() throws(NetworkFault) {
    for index in 0..<Model_getNumEvents(model) {
      let event = Model_getEvent(model, index)
      let name = Self.text(Event_getId(event)) ?? "\(index + 1)"
      let what = "event \(name)"
      guard let trigger = Event_getTrigger(event) else { throw fault("\(what) has no trigger") }
      var assignments: [ReactionNetwork.Assignment] = []
      for number in 0..<Event_getNumEventAssignments(event) {
        let assignment = Event_getEventAssignment(event, number)
        assignments.append(
          try target(
            Self.text(EventAssignment_getVariable(assignment)),
            expression(EventAssignment_getMath(assignment), of: what), of: what))
      }
      var result = ReactionNetwork.Event(
        name, when: try expression(Trigger_getMath(trigger), of: "the trigger of \(what)"),
        assignments)
      // Levels before 3 have neither; a condition that holds at time zero triggers nothing there.
      let isLevel3 = SBase_getLevel(event) >= 3
      result.startsTrue = !isLevel3 || Trigger_getInitialValue(trigger) != 0
      result.isPersistent = !isLevel3 || Trigger_getPersistent(trigger) != 0
      result.takesValuesAtTrigger = Event_getUseValuesFromTriggerTime(event) != 0
      if Event_isSetDelay(event) != 0 {
        result.delay = try expression(
          Delay_getMath(Event_getDelay(event)), of: "the delay of \(what)")
      }
      if Event_isSetPriority(event) != 0 {
        result.priority = try expression(
          Priority_getMath(Event_getPriority(event)), of: "the priority of \(what)")
      }
      network.events.append(result)
    }
  }
}
