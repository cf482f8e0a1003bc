import ApusJumpProcesses
import Glibc
import Testing

@Suite struct MomentEquationTests {
  typealias Closure = MomentEquations.Closure

  /// Where all propensities are linear both methods are exact.
  @Test(arguments: Closure.allCases) func linearNetworksAreExact(closure: Closure) throws {
    for network in [Networks.immigrationDeath, Networks.ehrenfest, Networks.telegraph] {
      var equation = try MasterEquation(network)
      equation.tolerance = 1e-11
      let exact = try equation.solve(at: [0.4, 2])
      let solution = try MomentEquations(network, closure).solve(at: [0.4, 2])
      for point in 0..<2 {
        for name in exact.distributions[point].species {
          let expected = try #require(exact.distributions[point].moments(of: name))
          let found = try #require(solution.moments(of: name, point: point))
          #expect(abs(found.mean - expected.mean) < 1e-6, "\(network.name) \(name)")
          #expect(abs(found.deviation - expected.deviation) < 1e-5, "\(network.name) \(name)")
        }
      }
    }
  }

  /// Counts that only move between two species are opposed perfectly.
  @Test func covariancesHaveTheirSigns() throws {
    let solution = try MomentEquations(Networks.ehrenfest, .linearNoise).solve(at: [1])
    let c = solution.covariances[0]
    #expect(abs(c[0, 1] + c[0, 0]) < 1e-8)
    #expect(abs(c[1, 1] - c[0, 0]) < 1e-8)
  }

  /// With pairs that bind the closure's mean is nearer to the master equation's.
  @Test func theClosureCorrectsTheMean() throws {
    let exact = try #require(
      MasterEquation(Networks.dimerization).solve(at: [10]).distributions[0].moments(of: "P"))
    var errors: [Closure: Double] = [:]
    for closure in Closure.allCases {
      let solution = try MomentEquations(Networks.dimerization, closure).solve(at: [10])
      let found = try #require(solution.moments(of: "P", point: 0))
      errors[closure] = abs(found.mean - exact.mean)
      #expect(abs(found.deviation - exact.deviation) < 0.05 * exact.deviation)
    }
    #expect(try #require(errors[.normal]) < 0.01)
    #expect(try #require(errors[.normal]) < 0.1 * #require(errors[.linearNoise]))
  }

  /// `dm/dt = 10 (1 + sin t) − m`, and the variance of a Poisson distribution is its mean.
  @Test(arguments: Closure.allCases) func ratesMayChangeInTime(closure: Closure) throws {
    let solution = try MomentEquations(TimedRatesTests.networks[0], closure).solve(at: [3])
    let lag: Double = sin(3.0) - cos(3.0) + exp(-3.0)
    let mean: Double = 10 * (1 - exp(-3.0)) + 5 * lag
    let found = try #require(solution.moments(of: "X", point: 0))
    #expect(abs(found.mean - mean) < 1e-6)
    #expect(abs(found.deviation - mean.squareRoot()) < 1e-6)
  }

  @Test func aStartWithoutFiniteDerivativesIsRefused() throws {
    var network = Networks.immigrationDeath
    network.reactions[0].rate = .law(.apply(.sqrt, [.quantity(0)]) + 1)
    let error = #expect(throws: JumpProcessError.self) {
      try MomentEquations(network, .normal).solve(at: [1])
    }
    #expect(error?.description.contains("not finite at the start") == true)
  }

  /// `dx/dt = x²` from 5 is infinite at 0.2.
  @Test func whereTheMethodEndsItSaysSo() throws {
    var network = Networks.yule(from: 5)
    network.reactions[0].rate = .law(.quantity(0) * .quantity(0))
    let error = #expect(throws: JumpProcessError.self) {
      try MomentEquations(network, .linearNoise).solve(at: [1])
    }
    #expect(error?.description.contains("--method linear-noise breaks down at time 0.2") == true)
  }

  @Test func whatHasNoDerivativeIsNamed() throws {
    var network = Networks.immigrationDeath
    network.reactions[1].rate = .law(.apply(.factorial, [.quantity(0)]))
    let error = #expect(throws: JumpProcessError.self) {
      try MomentEquations(network, .linearNoise)
    }
    #expect(error?.description.contains("the rate of death has no derivative") == true)
  }
}

@Suite struct ExpressionDerivativeTests {
  static let x = ModelExpression.quantity(0)
  static let formulas: [ModelExpression] = {
    let unary: [ModelExpression.Function] = [
      .exp, .ln, .log10, .sqrt, .sin, .cos, .tan, .arctan, .sinh, .cosh, .tanh, .abs, .negate,
    ]
    let half = x / 2
    let square = x * x
    var result = unary.map { ModelExpression.apply($0, [half]) }
    result += [ModelExpression.Function.arcsin, .arccos].map { .apply($0, [half]) }
    result.append(square * x - 2 / x)
    result.append(.apply(.power, [x, 2.5]))
    result.append(.apply(.power, [2, x]))
    result.append(.apply(.power, [x, x]))
    result.append(.apply(.min, [square, 5, x + 7]))
    result.append(.apply(.max, [square, 1, x]))
    result.append(.apply(.abs, [1 - x]))
    result.append(.apply(.piecewise, [square, .apply(.less, [x, 3]), 2 * x]))
    result.append(x / (1 + .quantity(1) * x))
    result.append(.apply(.floor, [x]) * x)
    return result
  }()

  @Test(arguments: formulas) func slopesMatchDifferences(formula: ModelExpression) throws {
    let (place, width) = (1.3, 1e-5)
    let slope = Formula(try #require(formula.derivative(by: 0)))
      .value(of: [place, 0.7], time: 0)
    let law = Formula(formula)
    let difference =
      (law.value(of: [place + width, 0.7], time: 0) - law.value(of: [place - width, 0.7], time: 0))
      / (2 * width)
    #expect(abs(slope - difference) < 1e-8 * max(1, abs(slope)))
  }

  @Test func aFactorialHasNone() {
    #expect(ModelExpression.apply(.factorial, [Self.x]).derivative(by: 0) == nil)
    #expect(ModelExpression.apply(.factorial, [Self.x]).derivative(by: 1) == .number(0))
  }
}
