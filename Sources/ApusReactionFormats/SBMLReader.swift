import ApusJumpProcesses
import CSBML

/// Reads one model.
struct SBMLReader {
  let model: OpaquePointer
  private let file: String
  var network: ReactionNetwork
  private(set) var indices: [String: Int] = [:]
  private var math = SBMLMath(names: [:])
  /// Of species whose name in formulas is a concentration: the index of the compartment.
  private(set) var compartments: [Int: Int] = [:]
  /// What quantities are at time zero where that is no number that the model gives.
  var atStart: [Int: ModelExpression] = [:]
  /// What may not change.
  private(set) var constants: Set<Int> = []

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
    try readRules()
    try readInitialAssignments()
    try readReactions()
    try readEvents()
    try setStart()
    do throws(JumpProcessError) {
      try network.check()
    } catch {
      throw fault(error.description)
    }
    return network
  }

  static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    pointer.map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  func fault(_ message: String) -> NetworkFault { NetworkFault(file, message) }

  private func refuseUnsupported() throws(NetworkFault) {
    if Model_getNumConstraints(model) > 0 { throw fault("SBML's constraints are not supported") }
    if Self.text(Model_getConversionFactor(model)) != nil {
      throw fault("SBML's conversionFactor is not supported")
    }
  }

  func expression(
    _ node: OpaquePointer?, of what: String, scope: [String: ModelExpression] = [:]
  ) throws(NetworkFault) -> ModelExpression {
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
      guard math.define(name, arguments: arguments, body: body) else {
        throw fault("function \(name) is defined twice")
      }
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
      let index = try add(Self.text(Compartment_getId(compartment)), .compartment, size)
      if Compartment_getConstant(compartment) != 0 { constants.insert(index) }
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
      let amount =
        Species_isSetInitialAmount(species) != 0 ? Species_getInitialAmount(species) : .nan
      let isHeld = Species_getBoundaryCondition(species) != 0 || Species_getConstant(species) != 0
      let index = try add(name, .species, amount, isHeld: isHeld)
      if Species_getConstant(species) != 0 { constants.insert(index) }
      if Species_isSetInitialConcentration(species) != 0 {
        // The size may be computed at time zero.
        atStart[index] = .number(Species_getInitialConcentration(species)) * .quantity(home)
      }
      guard let name, Species_getHasOnlySubstanceUnits(species) == 0 else { continue }
      compartments[index] = home
      math.names[name] = .quantity(index) / .quantity(home)
    }
  }

  private mutating func readParameters() throws(NetworkFault) {
    for index in 0..<Model_getNumParameters(model) {
      let parameter = Model_getParameter(model, index)
      let value = Parameter_isSetValue(parameter) != 0 ? Parameter_getValue(parameter) : .nan
      let index = try add(Self.text(Parameter_getId(parameter)), .parameter, value)
      if Parameter_getConstant(parameter) != 0 { constants.insert(index) }
    }
  }
}
