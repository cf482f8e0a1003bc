import ApusEngine
import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors
import ApusTraining
import Testing

/// Steps of convolutional critics whose penalty is a derivative inside the loss.
@Suite struct ConvolutionalPenaltyTests {
  private static let critics: [any Layer] = [
    ResidualCritic(width: 2), DCGANCritic(width: 2, normalizesBatches: false),
    SpectralNorm(ResidualCritic(width: 2)),
  ]
  private let batch = TensorType([2, 28, 28, 1])

  /// What a critic's step reports, and the weights after it.
  private struct Outcome {
    var measures: [Double] = []
    var weights: [String: [Double]] = [:]
  }

  private func step(_ critic: any Layer, _ options: EngineOptions) throws -> Outcome {
    let recipe = AdversarialRecipe(
      generator: DCGANGenerator(width: 2), critic: critic, noiseSize: 3,
      penalty: GradientPenalty(.squaredTwoSided), optimizer: SGD(momentum: 0))
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let step = try CriticStep(
      recipe, real: batch, noise: .inputs, registry: registry, slots: SlotRegistry())
    let program = try Program(step.computation, store: store, options: options)
    for (variable, value) in registry.initialValues(seed: 5) { store[variable] = value }
    let pixels = (0..<batch.count).map { Float($0 * 37 % 101) / 100 }
    try program.run([
      Tensor(pixels, shape: batch.shape), Tensor(Float(0.1)), Tensor(Float(1)),
      Tensor([0.3, -0.2, 0.9, -0.7, 0.1, 0.5] as [Float], shape: [2, 3]),
      Tensor([0.25, 0.6] as [Float]),
    ])
    var outcome = Outcome(measures: (0..<4).map { program.scalar($0) })
    for variable in registry.variables { outcome.weights[variable.name] = store[variable].doubles }
    return outcome
  }

  /// The fast kernels, fused and planned, do what the definitions do in `Double`.
  @Test(arguments: critics.indices)
  func fastStepsAreThoseOfTheReference(index: Int) throws {
    let expected = try step(Self.critics[index], .reference)
    let found = try step(Self.critics[index], EngineOptions(threads: 2))
    for (value, wanted) in zip(found.measures, expected.measures) {
      #expect(abs(value - wanted) < 1e-4 * max(1, abs(wanted)))
    }
    #expect(expected.measures[3] > 1e-3, "the slope vanishes, so nothing is tested")
    for (name, wanted) in expected.weights {
      let values = try #require(found.weights[name])
      let error = zip(values, wanted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      let size = wanted.reduce(1e-3) { $0 + $1 * $1 }
      #expect((error / size).squareRoot() < 1e-4, "\(name)")
    }
  }
}
