import ApusJumpProcesses
import ApusNumerics
import ApusReactionFormats
import Testing

@Suite struct SBMLTests {
  private static func document(
    _ inside: String, level: String = "level=\"3\" version=\"1\"", head: String = ""
  ) -> String {
    let version = level.contains("\"2\"") ? "level2/version4" : "level3/version1/core"
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <sbml xmlns="http://www.sbml.org/sbml/\(version)" \(level)\(head)>
      <model id="m">
      \(inside)
      </model></sbml>
      """
  }

  private static func math(_ content: String) -> String {
    "<math xmlns=\"http://www.w3.org/1998/Math/MathML\">\(content)</math>"
  }

  private static let cell = """
    <listOfCompartments><compartment id="cell" spatialDimensions="3" size="2" constant="true"/>
    </listOfCompartments>
    <listOfSpecies><species id="X" compartment="cell" initialConcentration="5"
      hasOnlySubstanceUnits="false" boundaryCondition="false" constant="false"/></listOfSpecies>
    """

  private static func decay(_ law: String) -> String {
    """
    <listOfReactions><reaction id="decay" reversible="false" fast="false">
    <listOfReactants><speciesReference species="X" stoichiometry="1" constant="true"/>
    </listOfReactants>
    <kineticLaw>\(math(law))</kineticLaw></reaction></listOfReactions>
    """
  }

  private func read(_ text: String) throws -> ReactionNetwork {
    try SBML.read(Array(text.utf8), file: "model.xml")
  }

  /// A species of several units counts as a concentration in formulas and as an amount in results.
  @Test func concentrationsBecomeAmounts() throws {
    let law = "<apply><times/><ci>cell</ci><cn>3</cn><ci>X</ci></apply>"
    let network = try read(Self.document(Self.cell + Self.decay(law)))
    #expect(network.name == "m")
    #expect(network.quantities.map(\.name) == ["cell", "X"])
    #expect(network.quantities.map(\.initial) == [2, 10])
    let ensemble = try Simulation(network, until: 100, points: 2, paths: 10).run()
    #expect(ensemble.names == ["X"])
    #expect(ensemble.means == [[10], [0]])
    // The constants fold to a plain rate, which the fast loops take.
    #expect(ensemble.method == .lanes)
  }

  @Test func functionsArePutIn() throws {
    let definition = """
      <listOfFunctionDefinitions><functionDefinition id="twice">
      \(Self.math("<lambda><bvar><ci>a</ci></bvar><apply><plus/><ci>a</ci><ci>a</ci></apply></lambda>"))
      </functionDefinition></listOfFunctionDefinitions>
      """
    let law = "<apply><ci>twice</ci><ci>X</ci></apply>"
    let network = try read(Self.document(definition + Self.cell + Self.decay(law)))
    let concentration = Expression.quantity(1) / .quantity(0)
    #expect(network.reactions[0].rate == .law(concentration + concentration))
  }

  @Test(arguments: [
    (
      "<listOfRules><rateRule variable=\"X\">\(math("<cn>1</cn>"))</rateRule></listOfRules>",
      "the rate rule for X is not supported"
    ),
    (
      "<listOfRules><algebraicRule>\(math("<ci>X</ci>"))</algebraicRule></listOfRules>",
      "algebraic rules are not supported"
    ),
    (
      "<listOfConstraints><constraint>\(math("<true/>"))</constraint></listOfConstraints>",
      "constraints are not supported"
    ),
  ])
  func whatIsNotSupportedIsNamed(part: String, message: String) throws {
    let text = Self.document(Self.cell + part + Self.decay("<ci>X</ci>"))
    let fault = #expect(throws: NetworkFault.self) { try read(text) }
    #expect(fault?.message.contains(message) == true, "\(String(describing: fault))")
  }

  @Test func packagesAreNamed() {
    let head =
      " xmlns:distrib=\"http://www.sbml.org/sbml/level3/version1/distrib/version1\" "
      + "distrib:required=\"true\""
    let fault = #expect(throws: NetworkFault.self) {
      try read(Self.document(Self.cell + Self.decay("<ci>X</ci>"), head: head))
    }
    #expect(
      fault?.description
        == "model.xml: it needs SBML's package 'distrib', which is not supported")
  }

  @Test func entitiesAreRefused() {
    let bomb = """
      <?xml version="1.0"?>
      <!DOCTYPE sbml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>
      <sbml>&b;</sbml>
      """
    let fault = #expect(throws: NetworkFault.self) { try read(bomb) }
    #expect(fault?.place?.line == 2)
    #expect(fault?.message == "document types and entities are not supported")
  }

  @Test func deepNestingIsRefused() {
    let deep = String(repeating: "<a>", count: 100_000)
    let fault = #expect(throws: NetworkFault.self) { try read("<sbml>\(deep)") }
    #expect(fault?.message == "expected at most 512 nested elements")
  }

  /// A function that calls itself, and one whose calls grow without bound, end at a limit.
  @Test func formulasWithoutEndAreRefused() {
    func definition(_ id: String, _ body: String) -> String {
      "<functionDefinition id=\"\(id)\">"
        + Self.math("<lambda><bvar><ci>a</ci></bvar>\(body)</lambda>") + "</functionDefinition>"
    }
    var functions = definition("f0", "<apply><plus/><ci>a</ci><ci>a</ci></apply>")
    for index in 1...30 {
      let call = "<apply><ci>f\(index - 1)</ci><ci>a</ci></apply>"
      functions += definition("f\(index)", "<apply><plus/>\(call)\(call)</apply>")
    }
    let text = Self.document(
      "<listOfFunctionDefinitions>\(functions)</listOfFunctionDefinitions>" + Self.cell
        + Self.decay("<apply><ci>f30</ci><ci>X</ci></apply>"))
    let fault = #expect(throws: NetworkFault.self) { try read(text) }
    #expect(fault?.message.contains("expected a formula of at most") == true)
  }

  /// Numbers that no model should have, and bytes changed at random, are read or refused; what is read
  /// can be simulated, or says why not.
  @Test func damagedModelsAreReadOrRefused() {
    let law =
      "<apply><times/><ci>cell</ci><cn>3</cn><apply><power/><ci>X</ci><cn>2</cn></apply></apply>"
    let whole = Self.document(Self.cell + Self.decay(law))
    var stream = PhiloxStream(seed: 4, purpose: 0)
    let numbers = [
      "1e400", "-1", "1e308", "NaN", "-INF", "99999999999999999999", "0", "0.5", "1e-320",
    ]
    let places = [
      "size=\"2\"", "initialConcentration=\"5\"", "stoichiometry=\"1\"", "<cn>3</cn>", "<cn>2</cn>",
    ]
    for round in 0..<300 {
      var text = whole
      for place in places where stream.uniform() < 0.4 {
        let number = numbers[stream.uniformInteger(below: numbers.count)]
        text = text.replacing(place, with: place.replacing(#/[0-9]+/#, with: number))
      }
      var bytes = Array(text.utf8)
      for _ in 0..<(round % 3) {
        bytes[stream.uniformInteger(below: bytes.count)] = UInt8(stream.uniformInteger(below: 256))
      }
      guard let network = try? SBML.read(bytes, file: "model.xml") else { continue }
      var simulation = Simulation(network, until: 1, points: 3, paths: 2)
      simulation.eventLimit = 1000
      _ = try? simulation.run()
    }
  }

  @Test func brokenTextIsRefused() {
    for text in ["<sbml", "<sbml></sbml>", "<model/>", "<sbml level=\"9\"><model/></sbml>"] {
      #expect(throws: NetworkFault.self) { try read(text) }
    }
  }
}
