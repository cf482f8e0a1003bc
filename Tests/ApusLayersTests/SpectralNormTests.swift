import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import ApusTestSupport
import Testing

@Suite struct SpectralNormTests {
  private let layer = Sequential([SpectralNorm(Dense(2, usesBias: false)).named("layer")])
  /// Singular values 5 and 1: `diag(5, 1)` turned by a quarter.
  private let kernel = Tensor([0, 1, 5, 0, 0, 0] as [Float], shape: [3, 2])

  private func output(
    _ vector: [Float], for phase: Phase, steps: Int = 1
  ) throws -> (value: [Double], vector: [Double]) {
    var weights = ["layer/kernel": kernel, "layer/kernel_u": Tensor(vector)]
    let input = Tensor([1, 1, 1] as [Float], shape: [1, 3])
    for _ in 1..<steps {
      weights = try LayerRun(layer, on: input, for: phase, weights: weights).state
    }
    let run = try LayerRun(layer, on: input, for: phase, weights: weights)
    return (run.output.doubles, try #require(run.state["layer/kernel_u"]).doubles)
  }

  @Test func trainingFindsTheLargestSingularValue() throws {
    let found = try output([0.6, 0.8], for: .training, steps: 30)
    #expect(relativeError(of: found.value, to: [1, 0.2]) < 1e-6)
    #expect(relativeError(of: found.vector, to: [1, 0]) < 1e-6)
  }

  /// From `u = (0.6, 0.8)`: `W·u = (0.8, 3, 0)`, `Wᵀ·v = (15, 0.8)/‖W·u‖`, `σ = ‖Wᵀ·v‖`.
  @Test func oneStepIsOneStepOfThePowerIteration() throws {
    let found = try output([3, 4], for: .training)
    let length = (0.8 * 0.8 + 9.0).squareRoot()
    let sigma = (15.0 * 15 + 0.8 * 0.8).squareRoot() / length
    #expect(relativeError(of: found.value, to: [5 / sigma, 1 / sigma]) < 1e-6)
    #expect(
      relativeError(of: found.vector, to: [15 / length / sigma, 0.8 / length / sigma]) < 1e-6)
  }

  @Test func predictionKeepsTheVector() throws {
    let found = try output([0, 2], for: .inference)
    #expect(relativeError(of: found.value, to: [5, 1]) < 1e-6)  // σ = ‖W·(0, 1)‖ = 1
    #expect(found.vector == [0, 2])
  }

  /// With constant `u` and `v` the gradient of `f(W/σ)` is `(G − ⟨G, W/σ⟩·v·uᵀ)/σ`, which is
  /// perpendicular to `W`: the size of a kernel does not matter.
  @Test func gradientIsPerpendicularToTheKernel() throws {
    let registry = ParameterRegistry()
    let trace = Trace(for: .training, registry: registry)
    let input = try Node.placeholder("input", TensorType([2, 3]))
    let first = try layer(input, in: trace.root.scope("critic"))
    let again = try layer(input * 2, in: trace.root.reusing("critic"))
    let parameter = try #require(trace.trainedParameters.first)
    let total = try (first.squared() + again.sine()).sum()
    let gradient = try gradients(of: total, with: [parameter.value])[0]
    let store = VariableStore()
    for (variable, value) in registry.initialValues(seed: 3) { store[variable] = value }
    let program = try Program(
      Computation(
        inputs: [input], outputs: [try (gradient * parameter.value).sum(), gradient],
        updates: trace.updates), store: store, options: .reference)
    try program.run([Tensor([1, -2, 0.5, 3, 1, -1] as [Float], shape: [2, 3])])
    let size = program.output(1).doubles.reduce(0) { $0 + abs($1) }
    #expect(size > 0.01)
    #expect(abs(program.scalar(0)) < 1e-6 * size)
  }

  @Test func keepsOneVectorForEachKernel() throws {
    let critic = SpectralNorm(
      Sequential {
        Conv2D(4, kernel: 3, padding: .same)
        Flatten()
        Dense(1)
      })
    let found = try traced(critic, [2, 5, 5, 3], for: .training).parameters
    #expect(found["conv2d/kernel_u"] == [4])
    #expect(found["dense/kernel_u"] == [1])
    #expect(found.count == 6)
  }
}
