import ApusEngine
import ApusGraph
import ApusTensors
import Testing

/// Derivatives where a function has a kink, a tie or a pole, as its documentation says.
struct EdgeDerivativeTests {
  static let modes = [EngineOptions(threads: 1), EngineOptions.reference]

  /// The gradients of a sum with respect to rows of numbers.
  private func slopes(
    at numbers: [[Float]], _ options: EngineOptions, of function: ([Node]) throws -> Node
  ) throws -> [[Double]] {
    let inputs = try numbers.map { try Node.placeholder("x", TensorType([$0.count])) }
    let slopes = try gradients(of: function(inputs).sum(), with: inputs)
    let program = try Program(Computation(inputs: inputs, outputs: slopes), options: options)
    try program.run(numbers.map { Tensor($0) })
    return program.outputs().map(\.doubles)
  }

  @Test(arguments: modes)
  func equalOperandsShareTheGradient(_ options: EngineOptions) throws {
    let numbers: [[Float]] = [[1, 2, 3], [1, 3, 2]]
    #expect(
      try slopes(at: numbers, options) { try Node.maximum($0[0], $0[1]) }
        == [[0.5, 0, 1], [0.5, 1, 0]])
    #expect(
      try slopes(at: numbers, options) { try Node.minimum($0[0], $0[1]) }
        == [[0.5, 1, 0], [0.5, 0, 1]])
  }

  @Test(arguments: modes)
  func magnitudesAreFlatAtZero(_ options: EngineOptions) throws {
    #expect(
      try slopes(at: [[-2, 0, -0.0, 2]], options) { try $0[0].absolute() } == [[-1, 0, 0, 1]])
  }

  @Test(arguments: modes)
  func infinityBoundsNothing(_ options: EngineOptions) throws {
    let numbers: [[Float]] = [[-.infinity, -1, 0, 1, .infinity]]
    #expect(try slopes(at: numbers, options) { try $0[0].relu() } == [[0, 0, 0, 1, 1]])
    #expect(try slopes(at: numbers, options) { try $0[0].clipped(upper: 1) } == [[1, 1, 1, 0, 0]])
    #expect(try slopes(at: numbers, options) { try $0[0].relu6() } == [[0, 0, 0, 1, 0]])
  }

  /// `∂a = b·aᵇ⁻¹` is zero where `b = 0`, `∂b = log(a)·aᵇ` where `a ≤ 0`, the poles included.
  @Test(arguments: modes)
  func powersOfZeroHaveFiniteSlopes(_ options: EngineOptions) throws {
    let found = try slopes(at: [[0, 0, 2, -2, 0], [0, 2, 0, 2, -1]], options) {
      try $0[0].raised(to: $0[1])
    }
    #expect(Array(found[0].prefix(4)) == [0, 0, 0, -4])
    #expect(Array(found[1].prefix(2)) == [0, 0])
    #expect(abs(found[1][2] - 0.6931471805599453) < 1e-6)
    #expect(Array(found[1].suffix(2)) == [0, 0])
  }

  /// `∂²/∂b∂a aᵇ = aᵇ⁻¹·(1 + b·log a)`, which is `1/a` where `b = 0`.
  @Test(arguments: modes)
  func theMixedDerivativeOfAPowerIsRightAtTheExponentZero(_ options: EngineOptions) throws {
    let found = try slopes(at: [[2, 4], [0, 0]], options) { operands in
      try gradients(of: operands[0].raised(to: operands[1]), with: [operands[0]])[0]
    }
    #expect(found[1] == [0.5, 0.25])
  }
}
