import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import ApusTraining
import Testing

/// Outer steps of the small Wasserstein GAN of `Tests/Golden/wgan.py`.
@Suite struct WassersteinTests {
  private let recipe = AdversarialRecipe(
    generator: Sequential {
      Dense(8, activation: .relu)
      Dense(16, activation: .relu)
      Dense(20, activation: .sigmoid)
    },
    critic: Sequential {
      Dense(16, activation: .relu)
      Dense(8, activation: .relu)
      Dense(1)
    }, noiseSize: 4)
  private let batch = TensorType([12, 20])

  @Test(arguments: [EngineOptions(threads: 2), EngineOptions(threads: 1), .reference])
  func lossesAndWeightsArePyTorchs(_ options: EngineOptions) throws {
    let file = try golden("wgan.safetensors")
    let (registry, store, slots) = (ParameterRegistry(), VariableStore(), SlotRegistry())
    let criticStep = try CriticStep(
      recipe, real: batch, noise: .inputs, registry: registry, slots: slots)
    let generatorStep = try GeneratorStep(
      recipe, batch: 12, noise: .inputs, registry: registry, slots: slots)
    let critic = try Program(criticStep.computation, store: store, options: options)
    let generator = try Program(generatorStep.computation, store: store, options: options)
    for variable in registry.variables {
      store[variable] = try #require(file["start/\(variable.name)"])
    }
    let rate = Tensor(Float(0.01))
    let (real, noise) = (try #require(file["real"]), try #require(file["noise"]))
    let shares = try #require(file["shares"])
    let generatorNoise = try #require(file["generator_noise"])
    var losses: (critic: [Double], generator: [Double]) = ([], [])
    for step in 0..<15 {
      try critic.run([real[step], rate, Tensor(Float(step + 1)), noise[step], shares[step]])
      losses.critic.append(critic.scalar(0))
      guard (step + 1).isMultiple(of: 5) else { continue }
      let outer = step / 5
      try generator.run([rate, Tensor(Float(outer + 1)), generatorNoise[outer]])
      losses.generator.append(generator.scalar(0))
    }
    try expectClose(losses.critic, file["critic_losses"]?.doubles)
    try expectClose(losses.generator, file["generator_losses"]?.doubles)
    for variable in registry.variables {
      let expected = try #require(file["end/\(variable.name)"]).doubles
      let found = store[variable].doubles
      let error = zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      let size = expected.reduce(0) { $0 + $1 * $1 }
      #expect((error / size).squareRoot() < 1e-4, "\(variable.name)")
    }
  }

  private func expectClose(_ found: [Double], _ expected: [Double]?) throws {
    let expected = try #require(expected)
    #expect(found.count == expected.count)
    for (index, (value, number)) in zip(found, expected).enumerated() {
      #expect(abs(value / number - 1) < 1e-4, "step \(index + 1): \(value), expected \(number)")
    }
  }

  @Test(arguments: [EngineOptions(threads: 2), .reference])
  func updatesAreFiniteWhereTheSlopeVanishes(_ options: EngineOptions) throws {
    var flat = recipe
    flat.critic = Sequential {
      Dense(8, activation: .relu, kernelInitializer: .zeros)
      Dense(1, kernelInitializer: .zeros)
    }
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let step = try CriticStep(flat, real: batch, registry: registry, slots: SlotRegistry())
    let program = try Program(step.computation, store: store, options: options)
    for (variable, value) in registry.initialValues(seed: 1) { store[variable] = value }
    let real = Tensor([Float](repeating: 0.5, count: batch.count), shape: batch.shape)
    try program.run([real, Tensor(Float(0.01)), Tensor(Float(1)), Tensor([Int64(1), 1])])
    #expect(program.scalar(0) == 0)
    for variable in registry.variables {
      let isFinite = store[variable].doubles.allSatisfy { $0.isFinite }
      #expect(isFinite, "\(variable.name)")
    }
  }

  /// The numbers that are drawn in the graph depend on the key alone.
  @Test func drawnNumbersFollowTheKey() throws {
    func loss(key: Int64) throws -> Double {
      let (registry, store) = (ParameterRegistry(), VariableStore())
      let step = try CriticStep(recipe, real: batch, registry: registry, slots: SlotRegistry())
      let program = try Program(step.computation, store: store)
      for (variable, value) in registry.initialValues(seed: 1) { store[variable] = value }
      let real = Tensor([Float](repeating: 0.5, count: batch.count), shape: batch.shape)
      try program.run([real, Tensor(Float(0)), Tensor(Float(1)), Tensor([key, 1])])
      return program.scalar(0)
    }
    #expect(try loss(key: 1) == loss(key: 1))
    #expect(try loss(key: 1) != loss(key: 2))
  }

  private func trainer(_ folder: String, steps: Int) throws -> AdversarialTrainer {
    let recipe = AdversarialRecipe(
      generator: Sequential {
        Frozen(Dense(6, activation: .relu).named("base"))
        Dense(4)
      }, critic: Dense(1), noiseSize: 3, criticSteps: 2, averaging: WeightAveraging(decay: 0.9))
    return try AdversarialTrainer(
      recipe,
      AdversarialSettings(
        steps: steps, learningRate: 0.01, sampleInputs: Tensor(zeros: TensorType([2, 3])),
        checkpointFolder: folder, checkpointInterval: 3))
  }

  /// The last batch of an epoch has fewer examples, and a part of the generator is not trained.
  @Test func partialBatchesAndFrozenPartsAreTrainedWithAndGoneOnFrom() async throws {
    let (whole, killed) = (try TemporaryFolder(), try TemporaryFolder())
    let trainer = try trainer(whole.path, steps: 7)
    await #expect(throws: TrainingError.noWeights) { try await trainer.weights() }
    await #expect(throws: TrainingError.noWeights) {
      try await trainer.samples(of: Tensor(zeros: TensorType([2, 3])))
    }
    #expect(try await trainer.train(on: SmallSource()) == .finished)
    let expected = try await trainer.weights()
    await #expect(throws: SmallSource.Failure.self) {
      try await self.trainer(killed.path, steps: 7).train(on: SmallSource(failure: 9))
    }
    let resumed = try self.trainer(killed.path, steps: 7)
    #expect(try await resumed.train(on: SmallSource(), from: .checkpoint) == .finished)
    let found = try await resumed.weights()
    #expect(found.map(\.name) == expected.map(\.name))
    #expect(found.map(\.tensor) == expected.map(\.tensor))
  }

  @Test func eachStepChangesItsOwnNetwork() throws {
    let (registry, slots) = (ParameterRegistry(), SlotRegistry())
    let critic = try CriticStep(recipe, real: batch, registry: registry, slots: slots)
    let generator = try GeneratorStep(recipe, batch: 12, registry: registry, slots: slots)
    func changed(_ computation: Computation) -> [String] {
      computation.updates.map(\.variable.name).filter { !$0.hasPrefix("optimizer/") }
    }
    #expect(changed(critic.computation).count == 6)
    #expect(Set(changed(critic.computation).map { $0.prefix(7) }) == ["critic/"])
    #expect(changed(generator.computation).count == 6)
    #expect(Set(changed(generator.computation).map { $0.prefix(10) }) == ["generator/"])
  }
}
