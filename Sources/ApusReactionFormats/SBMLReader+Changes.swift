import ApusJumpProcesses
import CSBML

/// What happens: reactions and events.
extension SBMLReader {
  mutating func readReactions() throws(NetworkFault) {
    var names: Set<String> = []
    for index in 0..<Model_getNumReactions(model) {
      let reaction = Model_getReaction(model, index)
      let name = Self.text(Reaction_getId(reaction)) ?? "reaction \(index + 1)"
      guard indices[name] == nil, names.insert(name).inserted else {
        throw fault("\(name) is defined twice")
      }
      if Reaction_getFast(reaction) != 0 {
        throw fault("reaction \(name) is marked as fast: that is not supported")
      }
      guard let law = Reaction_getKineticLaw(reaction) else {
        throw fault("reaction \(name) has no kinetic law")
      }
      let rate = try expression(
        KineticLaw_getMath(law), of: "the kinetic law of \(name)",
        scope: localParameters(of: law, in: name))
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

  private func localParameters(
    of law: OpaquePointer, in reaction: String
  ) throws(NetworkFault) -> [String: ModelExpression] {
    var scope: [String: ModelExpression] = [:]
    for number in 0..<KineticLaw_getNumParameters(law) {
      let parameter = KineticLaw_getParameter(law, number)
      guard let name = Self.text(Parameter_getId(parameter)) else { continue }
      let value = Parameter_isSetValue(parameter) != 0 ? Parameter_getValue(parameter) : .nan
      guard value.isFinite else {
        throw fault("parameter \(name) of reaction \(reaction) has no finite value")
      }
      guard scope.updateValue(.number(value), forKey: name) == nil else {
        throw fault("parameter \(name) of reaction \(reaction) is defined twice")
      }
    }
    return scope
  }

  private func count(
    _ reference: OpaquePointer?, into counts: inout [Int: Int], of reaction: String
  ) throws(NetworkFault) {
    guard let reference, let name = Self.text(SpeciesReference_getSpecies(reference)),
      let index = indices[name]
    else { throw fault("reaction \(reaction) names a species that the model does not have") }
    let stoichiometry = try stoichiometry(of: reference, reaction)
    guard stoichiometry == stoichiometry.rounded(), 0...1e6 ~= stoichiometry else {
      throw fault(
        "the stoichiometry of \(name) in reaction \(reaction) is "
          + (stoichiometry.isNaN ? "not given" : "\(stoichiometry)")
          + "; expected a whole number from 0 to 1000000")
    }
    counts[index, default: 0] += Int(stoichiometry)
  }

  private func stoichiometry(
    of reference: OpaquePointer, _ reaction: String
  ) throws(NetworkFault) -> Double {
    guard SpeciesReference_isSetStoichiometryMath(reference) != 0 else {
      // What a rational number of level 2 has below the line; elsewhere it is 1.
      let denominator = Double(SpeciesReference_getDenominator(reference))
      return SpeciesReference_getStoichiometry(reference) / denominator
    }
    let formula = SpeciesReference_getStoichiometryMath(reference)
    guard let math = StoichiometryMath_getMath(formula), ASTNode_isNumber(math) != 0 else {
      throw fault("stoichiometryMath in reaction \(reaction) is no number, which is not supported")
    }
    return ASTNode_isInteger(math) != 0 ? Double(ASTNode_getInteger(math)) : ASTNode_getReal(math)
  }

  mutating func readEvents() throws(NetworkFault) {
    for index in 0..<Model_getNumEvents(model) {
      let event = Model_getEvent(model, index)
      let name = Self.text(Event_getId(event)) ?? "\(index + 1)"
      let what = "event \(name)"
      guard let trigger = Event_getTrigger(event) else { throw fault("\(what) has no trigger") }
      var assignments: [ReactionNetwork.Assignment] = []
      for number in 0..<Event_getNumEventAssignments(event) {
        let assignment = Event_getEventAssignment(event, number)
        let value = try expression(EventAssignment_getMath(assignment), of: what)
        let target = try variable(
          Self.text(EventAssignment_getVariable(assignment)), value, of: what
        ).target
        assignments.append(.init(target, value, timesSizeOf: compartments[target]))
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
