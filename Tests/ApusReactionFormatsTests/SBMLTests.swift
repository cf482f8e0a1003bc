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

  private static let delayed = """
    <apply><csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/delay">delay
    </csymbol><ci>X</ci><cn>1</cn></apply>
    """

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
    let concentration = ModelExpression.quantity(1) / .quantity(0)
    #expect(network.reactions[0].rate == .law(concentration + concentration))
  }

  /// A rule, such as an `assignmentRule`.
  private static func rule(_ kind: String, _ variable: String, _ content: String) -> String {
    let target = variable.isEmpty ? "" : " variable=\"\(variable)\""
    return "<listOfRules><\(kind)\(target)>\(math(content))</\(kind)></listOfRules>"
  }

  private static func initialAssignments(_ symbol: String, _ contents: String...) -> String {
    let all = contents.map {
      "<initialAssignment symbol=\"\(symbol)\">\(math($0))</initialAssignment>"
    }
    return "<listOfInitialAssignments>\(all.joined())</listOfInitialAssignments>"
  }

  private static func parameter(_ attributes: String) -> String {
    "<listOfParameters><parameter id=\"k\" \(attributes)/></listOfParameters>"
  }

  private static let refusals: [(String, String)] = {
    var list: [(String, String)] = []
    list.append((rule("rateRule", "X", "<cn>1</cn>"), "m: a rule sets X, which reactions change"))
    list.append(
      (
        rule("rateRule", "cell", "<cn>1</cn>"),
        "the rate rule for cell changes cell, which is constant"
      ))
    list.append(
      (
        initialAssignments("X", "<cn>1</cn>", "<cn>2</cn>"),
        "X has two initial assignments; expected one at most"
      ))
    list.append(
      (initialAssignments("X", "<cn>-1</cn>"), "X is -2.0 at time zero; expected at least 0"))
    list.append(
      (
        rule("assignmentRule", "Y", "<cn>1</cn>"),
        "the rule for Y assigns to Y, which is no species"
      ))
    list.append((parameter("constant=\"true\""), "k has no value at time zero"))
    let variable = parameter("value=\"1\" constant=\"false\"")
    list.append(
      (variable + rule("assignmentRule", "k", delayed), "uses delay that is not supported"))
    list.append((rule("algebraicRule", "", "<ci>X</ci>"), "algebraic rules are not supported"))
    let constraint = "<constraint>\(math("<true/>"))</constraint>"
    list.append(
      ("<listOfConstraints>\(constraint)</listOfConstraints>", "constraints are not supported"))
    return list
  }()

  @Test(arguments: refusals)
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

  @Test func packagesOfAnyPrefixAreNamed() {
    let head = " xmlns:my-p.2=\"http://x.y/z\" my-p.2:required = 'true'"
    let error = #expect(throws: NetworkFault.self) {
      try read(Self.document(Self.cell, head: head))
    }
    #expect(error?.description.contains("it needs SBML's package 'my-p.2'") == true)
  }

  /// An event sets a concentration and the size of its compartment: the amount is of the new size.
  @Test func eventsSetConcentrations() throws {
    func set(_ variable: String, _ value: Int) -> String {
      """
      <eventAssignment variable="\(variable)">\(Self.math("<cn>\(value)</cn>"))</eventAssignment>
      """
    }
    let trigger = """
      <apply><geq/><csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t
      </csymbol><cn>0.5</cn></apply>
      """
    let network = try read(
      Self.document(
        Self.cell.replacing("size=\"2\" constant=\"true\"", with: "size=\"2\" constant=\"false\"")
          + """
          <listOfEvents><event id="grow" useValuesFromTriggerTime="true">
          <trigger initialValue="true" persistent="true">\(Self.math(trigger))</trigger>
          <listOfEventAssignments>\(set("X", 3))\(set("cell", 4))</listOfEventAssignments>
          </event></listOfEvents>
          """))
    let ensemble = try Simulation(network, until: 1, points: 3, paths: 1).run()
    #expect(ensemble.names == ["cell", "X"])
    #expect(ensemble.means == [[2, 10], [4, 12], [4, 12]])
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
    #expect(fault?.message == "expected at most 256 nested elements")
  }

  /// What stands in comments, CDATA sections, instructions and quotes opens and closes nothing.
  @Test func nestingIsCountedWhereItIs() throws {
    let ends = String(repeating: "</a>", count: 1000),
      starts = String(repeating: "<a>", count: 1000)
    for hidden in ["<!--\(ends)-->", "<![CDATA[\(ends)]]>", "<?x \(ends)?>", "<a b='\(ends)'/>"] {
      let fault = #expect(throws: NetworkFault.self) { try read("<sbml>\(hidden)\(starts)") }
      #expect(fault?.message == "expected at most 256 nested elements")
    }
    let note = "<notes><p xmlns=\"http://www.w3.org/1999/xhtml\"><!--\(starts)--></p></notes>"
    #expect(throws: Never.self) {
      try read(Self.document(note + Self.cell + Self.decay("<ci>X</ci>")))
    }
    for open in ["<!-- ", "<![CDATA[ ", "<?xml ", "<sbml a=\"", "<sbml"] {
      let fault = #expect(throws: NetworkFault.self) { try read(open) }
      #expect(fault?.message.hasSuffix("has no end") == true)
    }
    let other = Self.document("").replacing("UTF-8", with: "UTF-7")
    let fault = #expect(throws: NetworkFault.self) { try read(other) }
    #expect(fault?.message == "expected text in UTF-8, got the encoding UTF-7")
  }

  /// As deep as is allowed, in the formula as well.
  @Test func theDeepestFormulaIsRead() {
    let levels = 240
    let law =
      String(repeating: "<apply><minus/>", count: levels) + "<ci>X</ci>"
      + String(repeating: "</apply>", count: levels)
    #expect(throws: Never.self) { try read(Self.document(Self.cell + Self.decay(law))) }
  }

  /// Values at time zero come from rules and assignments in the order in which they read each other.
  @Test func valuesAtTimeZeroAreComputed() throws {
    func species(_ id: String, _ value: String = "") -> String {
      "<species id=\"\(id)\" compartment=\"cell\" \(value) hasOnlySubstanceUnits=\"false\" "
        + "boundaryCondition=\"true\" constant=\"false\"/>"
    }
    func set(_ symbol: String, _ content: String) -> String {
      "<initialAssignment symbol=\"\(symbol)\">\(Self.math(content))</initialAssignment>"
    }
    let text = """
      <listOfCompartments><compartment id="cell" spatialDimensions="3" constant="true"/>
      </listOfCompartments>
      <listOfSpecies>\(species("A", "initialConcentration=\"5\""))\(species("B"))\(species("C"))
      </listOfSpecies>
      <listOfParameters><parameter id="k" constant="true"/></listOfParameters>
      <listOfInitialAssignments>\(set("B", "<apply><plus/><ci>A</ci><ci>k</ci></apply>"))
      \(set("cell", "<apply><times/><ci>k</ci><cn>2</cn></apply>"))\(set("k", "<cn>1.5</cn>"))
      </listOfInitialAssignments>
      <listOfRules><assignmentRule variable="C">
      \(Self.math("<apply><times/><ci>B</ci><cn>2</cn></apply>"))</assignmentRule></listOfRules>
      """
    let network = try read(Self.document(text))
    #expect(network.quantities.map(\.name) == ["cell", "A", "B", "C", "k"])
    // Amounts: a concentration times the size of 3.
    #expect(network.quantities.map(\.initial) == [3, 15, 19.5, 39, 1.5])
    let circle = text.replacing("<cn>1.5</cn>", with: "<ci>B</ci>")
    let fault = #expect(throws: NetworkFault.self) { try read(Self.document(circle)) }
    #expect(fault?.message.contains("read each other in a circle: ") == true)
  }

  /// A concentration that a rate rule changes in a compartment that grows: `d(X·V)/dt = V·X' + X·V'`.
  @Test func rateRulesChangeConcentrations() throws {
    let text = """
      <listOfCompartments><compartment id="cell" spatialDimensions="3" size="2" constant="false"/>
      </listOfCompartments>
      <listOfSpecies><species id="X" compartment="cell" initialConcentration="5"
        hasOnlySubstanceUnits="false" boundaryCondition="true" constant="false"/></listOfSpecies>
      <listOfRules>
      <rateRule variable="X">\(Self.math("<apply><minus/><ci>X</ci></apply>"))</rateRule>
      <rateRule variable="cell">\(Self.math("<cn>3</cn>"))</rateRule></listOfRules>
      """
    var simulation = Simulation(try read(Self.document(text)), until: 1, points: 2)
    simulation.method = .rateEquations
    let ensemble = try simulation.run()
    let last = try #require(ensemble.means.last)
    let values = Dictionary(uniqueKeysWithValues: zip(ensemble.names, last))
    #expect(abs((values["cell"] ?? 0) - 5) < 1e-6)
    // The amount; the concentration is 5/e.
    #expect(abs((values["X"] ?? 0) - 5 * 5 / 2.718281828459045) < 1e-5)
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

  @Test func aByteOrderMarkIsNoFault() throws {
    let text = Self.document(Self.cell + Self.decay("<ci>X</ci>"))
    #expect(try read("\u{FEFF}" + text).reactions.count == read(text).reactions.count)
  }

  /// Level 2 writes them as a number in a formula.
  @Test(arguments: [
    ("<cn type=\"rational\">4<sep/>2</cn>", 2), ("<cn type=\"rational\">3<sep/>2</cn>", nil),
    ("<cn type=\"rational\">3<sep/>0</cn>", nil), ("<cn>2</cn>", 2),
    ("<cn type=\"integer\">3</cn>", 3), ("<cn type=\"e-notation\">0.2<sep/>1</cn>", 2),
    ("<cn>2.5</cn>", nil), ("<cn>-1</cn>", nil),
  ])
  func stoichiometriesAreWholeNumbers(number: String, count: Int?) throws {
    let number = Self.math(number)
    let reaction = """
      <listOfReactions><reaction id="decay" reversible="false"><listOfReactants>
      <speciesReference species="X"><stoichiometryMath>\(number)</stoichiometryMath></speciesReference>
      </listOfReactants><kineticLaw>\(Self.math("<ci>X</ci>"))</kineticLaw></reaction>
      </listOfReactions>
      """
    let species = """
      <listOfCompartments><compartment id="cell" size="1"/></listOfCompartments>
      <listOfSpecies><species id="X" compartment="cell" initialAmount="10"/></listOfSpecies>
      """
    let text = Self.document(species + reaction, level: "level=\"2\" version=\"4\"")
    guard let count else {
      let fault = #expect(throws: NetworkFault.self) { try read(text) }
      #expect(fault?.message.contains("the stoichiometry of X in reaction decay is") == true)
      return
    }
    let network = try read(text)
    #expect(network.change(by: network.reactions[0]).map(\.amount) == [-count])
  }

  /// What an argument stands for counts wherever the function reads it.
  @Test(arguments: [
    ("<apply><plus/><ci>a</ci><ci>a</ci></apply>", "<ci>X</ci>"),
    ("<apply><lt/><cn>1</cn><ci>a</ci><cn>2</cn></apply>", "<ci>X</ci>"),
  ])
  func functionsOfTheirOwnResultsAreRefusedAtOnce(body: String, start: String) throws {
    let definition = """
      <listOfFunctionDefinitions><functionDefinition id="f">
      \(Self.math("<lambda><bvar><ci>a</ci></bvar>\(body)</lambda>"))
      </functionDefinition></listOfFunctionDefinitions>
      """
    let law = (0..<60).reduce(start) { inner, _ in "<apply><ci>f</ci>\(inner)</apply>" }
    let fault = #expect(throws: NetworkFault.self) {
      try read(Self.document(definition + Self.cell + Self.decay(law)))
    }
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
