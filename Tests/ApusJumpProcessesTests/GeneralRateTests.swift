import ApusJumpProcesses
import CJumpProcesses
import Foundation
import Testing

/// Rate laws that are no products, and rules: a program that every exact method runs.
@Suite struct GeneralRateTests {
  static let methods: [SimulationMethod] = [
    .lanes, .direct, .nextReaction, .sumTree, .compositionRejection,
  ]

  /// Immigration at 10 written with every function, and death by a rule.
  private var network: ReactionNetwork {
    var network = Networks.immigrationDeath
    network.quantities.append(.init("half", .parameter, initial: 0))
    network.rules = [.init(1, .quantity(0) / 2)]
    let one: ModelExpression = .apply(.exp, [.apply(.ln, [.apply(.abs, [-1])])])
    let unit = ModelExpression.apply(.power, [.quantity(0) + 1, .number(0)])
    network.reactions[0].rate = .law(10 * one * unit)
    network.reactions[1].rate = .law(2 * .quantity(1))
    return network
  }

  /// The null: paths are exact.
  ///
  /// A correct program exceeds a limit at one of the four points less than once in 1000 seeds.
  @Test(arguments: methods) func everyMethodKeepsTheLaw(method: SimulationMethod) throws {
    for set in 0..<apus_jump_isa_count() {
      #expect(apus_jump_isa_select(Int32(set)))
      defer { _ = apus_jump_isa_select(-1) }
      var simulation = Simulation(network, until: 4, points: 5, paths: 2000)
      simulation.method = method
      simulation.seed = 3
      let ensemble = try simulation.run()
      #expect(ensemble.method == method)
      for point in 1..<5 {
        let mean = 10 * (1 - exp(-ensemble.times[point]))
        #expect(abs(ensemble.means[point][0] - mean) < 4 * (mean / 2000).squareRoot())
        #expect(abs(ensemble.deviations[point][0] / mean.squareRoot() - 1) < 4 / 4000.squareRoot())
        // The rule holds at every point.
        #expect(abs(ensemble.means[point][1] - ensemble.means[point][0] / 2) < 1e-9)
      }
    }
  }

  /// Each function against the formulas' own evaluation: a reaction that changes nothing but a
  /// counter has that rate, and a rule shows its value.
  @Test func everyFunctionHasItsValue() throws {
    typealias F = ModelExpression.Function
    let x = ModelExpression.quantity(0)
    let unary: [F] = [
      .negate, .exp, .ln, .log10, .sqrt, .abs, .floor, .ceil, .factorial, .sin, .cos, .tan,
      .arctan, .sinh, .cosh, .tanh, .not,
    ]
    let binary: [F] = [
      .add, .subtract, .multiply, .divide, .power, .min, .max, .less, .lessOrEqual, .greater,
      .greaterOrEqual, .equal, .unequal, .and, .or, .xor,
    ]
    var formulas: [ModelExpression] = unary.map { .apply($0, [x / 3]) }
    formulas += binary.map { .apply($0, [x / 3, .number(2.25) - x / 7]) }
    formulas += [0.5, 1, 1.5, 2, 3, 7.5, -1.5, 0].map { .apply(.power, [x, .number($0)]) }
    formulas.append(
      .apply(.piecewise, [1, .apply(.less, [x, 2]), 2, .apply(.less, [x, 4]), 3]))
    formulas += [.apply(.arcsin, [x / 100]), .apply(.arccos, [x / 100])]
    formulas += [.apply(.and, [x]), .apply(.or, []), .apply(.and, []), .apply(.add, [])]
    var network = ReactionNetwork("functions")
    network.quantities = [.init("X", .species, initial: 0)]
    for (index, formula) in formulas.enumerated() {
      network.quantities.append(.init("f\(index)", .parameter, initial: 0))
      network.rules.append(.init(index + 1, formula))
    }
    network.reactions = [.init("count", consumed: [:], produced: [0: 1], rate: .massAction(1))]
    for method in [SimulationMethod.lanes, .direct] {
      for set in 0..<apus_jump_isa_count() {
        #expect(apus_jump_isa_select(Int32(set)))
        defer { _ = apus_jump_isa_select(-1) }
        var simulation = Simulation(network, until: 9, points: 10, paths: 20)
        simulation.method = method
        simulation.selectedPaths = Set(0..<20)
        for rows in try simulation.run().selected.values {
          for row in rows {
            for (index, formula) in formulas.enumerated() {
              let expected = formula.replacing { _ in .number(row[0]) }.folded.constant ?? .nan
              let value = row[index + 1]
              let isClose =
                expected.isFinite
                ? abs(value - expected) <= 1e-13 * max(1, abs(expected))
                : expected.isNaN == value.isNaN && (expected.isNaN || value == expected)
              #expect(isClose, "\(formula) at \(row[0]): \(value), expected \(expected)")
            }
          }
        }
      }
    }
  }

  /// A propensity that is no rate ends the path by name, in every method.
  @Test(arguments: methods) func whatIsNoRateIsNamed(method: SimulationMethod) throws {
    let laws: [(ModelExpression, Double)] = [
      (3 - .quantity(0), -1), (1 / (.quantity(0) - 4), -0.25),
      (.apply(.ln, [.quantity(0) - 4]), .nan), (1 / (4 - .quantity(0)), .infinity),
    ]
    for (law, value) in laws {
      var network = Networks.immigrationDeath
      network.quantities[0].initial = 4
      if value == -1 || value == .infinity { network.quantities[0].initial = 2 }
      network.reactions[0] = .init("odd", consumed: [:], produced: [0: 2], rate: .law(law))
      network.reactions.removeLast()
      if value == -0.25 || value.isNaN { network.quantities[0].initial = value.isNaN ? 3 : 0 }
      var simulation = Simulation(network, until: 1000, points: 2, paths: 20)
      simulation.method = method
      let error = #expect(throws: JumpProcessError.self) { try simulation.run() }
      guard case .propensity("odd", let found, _, let state) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(found == value || (found.isNaN && value.isNaN))
      #expect(state.hasPrefix("X = "))
    }
  }

  /// Rates that are all zero are valid: nothing happens.
  @Test(arguments: methods) func ratesOfZeroAreValid(method: SimulationMethod) throws {
    var network = Networks.immigrationDeath
    network.reactions = [
      .init("never", consumed: [0: 1], produced: [:], rate: .law(0 * .quantity(0))),
      .init("nor this", consumed: [:], produced: [0: 1], rate: .massAction(0)),
    ]
    network.quantities[0].initial = 7
    var simulation = Simulation(network, until: 1e6, points: 3, paths: 20)
    simulation.method = method
    let ensemble = try simulation.run()
    #expect(ensemble.means == [[7], [7], [7]])
    #expect(ensemble.events == 0)
  }

  /// Where no path is whole, what all of them did up to a time is kept.
  @Test(arguments: methods) func explosiveGrowthKeepsWhatWasDone(method: SimulationMethod) throws {
    var network = Networks.yule(from: 1)
    network.reactions[0].rate = .law(.quantity(0) * .quantity(0) / 4)
    network.reactions[0].produced = [0: 2]
    var simulation = Simulation(network, until: 50, points: 5001, paths: 40)
    simulation.method = method
    simulation.eventLimit = 100_000
    let ensemble = try simulation.run()
    guard case .eventLimit(100_000, _, _) = ensemble.fault else {
      Issue.record("\(String(describing: ensemble.fault))")
      return
    }
    #expect(ensemble.times.count > 1 && ensemble.times.count < 5001)
    #expect(ensemble.means.count == ensemble.times.count)
    #expect(ensemble.means.allSatisfy { $0[0] >= 1 && $0[0].isFinite })
  }
}
