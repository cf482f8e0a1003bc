import ApusEngine
import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors
import ApusTraining
import Testing

/// Auxiliary classifiers of layers within a model: their gradients are those of a model that ends there.
struct DeepSupervisionTests {
  private let source = SmallSource()

  /// How far each parameter moves in one plain step at rate 0.1, and the sums that the step reports.
  private func step(
    _ model: some Layer, _ supervision: DeepSupervision? = nil,
    sharpness: SharpnessAwareness? = nil, of shape: Shape = [8, 4]
  ) throws -> (moves: [String: [Double]], sums: [Double], trained: Int) {
    let recipe = TrainingRecipe(
      model: model, loss: SoftmaxCrossEntropyLoss(), optimizer: SGD(), sharpness: sharpness,
      deepSupervision: supervision)
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let types = [TensorType(shape), TensorType([8], .int32)]
    let step = try TrainingStep(recipe, batch: types, registry: registry, slots: SlotRegistry())
    for (variable, value) in registry.initialValues(seed: 3) { store[variable] = value }
    let before = registry.variables.map { store[$0].doubles }
    let program = try Program(
      step.computation, store: store, options: EngineOptions(threads: 1))
    let batch = try #require(try source.batches(ofEpoch: 0, skipping: 0).next())
    let input = Tensor(batch[0].scalars() as [Float], shape: shape)
    try program.run([input, batch[1], Tensor(Float(0.1)), Tensor(Float(1))])
    var moves: [String: [Double]] = [:]
    for (variable, old) in zip(registry.variables, before) {
      moves[variable.name] = zip(store[variable].doubles, old).map { $0 - $1 }
    }
    return (moves, [program.scalar(0), program.scalar(1)], step.trainedCount)
  }

  private let whole = Sequential {
    Dense(6, activation: .relu).named("body")
    Dense(3).named("head")
  }

  @Test(arguments: [0.3, 2])
  func addsTheGradientsOfAModelThatEndsThere(_ weight: Double) throws {
    let early = Sequential {
      Dense(6, activation: .relu).named("body")
      Reshape([1, 1, 6])
      Sequential { Conv2D(3, kernel: 1).named("body") }.named("auxiliary")
      Reshape([3])
    }
    let (alone, part) = (try step(whole), try step(early))
    let found = try step(whole, DeepSupervision(of: ["body"], weight: weight))
    #expect(found.moves.count == 6)
    for (name, move) in found.moves {
      let own = alone.moves[name] ?? move.map { _ in 0 }
      let added = part.moves[name] ?? move.map { _ in 0 }
      for (index, number) in move.enumerated() {
        #expect(abs(number - own[index] - weight * added[index]) < 1e-6, "\(name)")
      }
    }
    #expect(found.sums == alone.sums)
    #expect(found.trained == alone.trained)
    #expect(found.moves["body/kernel"] != alone.moves["body/kernel"])
  }

  /// The classifier of a picture takes the means of its channels; a layer within a layer has its path.
  @Test func takesTheMeansOfPictures() throws {
    let base = Sequential { Conv2D(5, kernel: 2, padding: .same).named("convolution") }
    let whole = Sequential {
      base.named("base")
      Flatten()
      Dense(3).named("head")
    }
    let early = Sequential {
      base.named("base")
      GlobalAveragePooling2D(keepsAxes: true)
      Sequential {
        Sequential { Conv2D(3, kernel: 1).named("convolution") }.named("base")
      }.named("auxiliary")
      Reshape([3])
    }
    let shape: Shape = [8, 2, 2, 1]
    let (alone, part) = (try step(whole, of: shape), try step(early, of: shape))
    let found = try step(
      whole, DeepSupervision(of: ["base/convolution"], weight: 0.5), of: shape)
    let name = "base/convolution/kernel"
    let own = try #require(alone.moves[name])
    let added = try #require(part.moves[name])
    for (index, number) in try #require(found.moves[name]).enumerated() {
      #expect(abs(number - own[index] - 0.5 * added[index]) < 1e-6)
    }
    #expect(found.moves["auxiliary/" + name]?.contains { abs($0) > 1e-4 } == true)
  }

  @Test func climbsWithTheClassifiers() throws {
    let supervision = DeepSupervision(of: ["body"])
    let sharp = SharpnessAwareness(radius: 0.5)
    let found = try step(whole, supervision, sharpness: sharp)
    // The gradient of the head itself knows the classifiers by the climb alone.
    let alone = try step(whole, sharpness: sharp)
    let (own, others) = (found.moves["head/kernel"], alone.moves["head/kernel"])
    #expect(zip(try #require(own), try #require(others)).contains { abs($0 - $1) > 1e-4 })
  }

  @Test func theWeightsAreTheModels() async throws {
    var recipe = smallRecipe
    recipe.deepSupervision = DeepSupervision(of: ["batch_norm"])
    let log = EventLog()
    let trainer = try Trainer(recipe, smallSettings(epochs: 1))
    try await trainer.train(on: source, reportingTo: log.report)
    let weights = try await trainer.weights(.current)
    let plain = try Trainer(smallRecipe, smallSettings(epochs: 1))
    let plainLog = EventLog()
    try await plain.train(on: source, reportingTo: plainLog.report)
    #expect(weights.map(\.name) == (try await plain.weights(.current).map(\.name)))
    #expect(weights.map(\.tensor) != (try await plain.weights(.current).map(\.tensor)))
    #expect(try log.counts == plainLog.counts)
    let (averaged, names) = (try await trainer.weights(.averaged), weights.map(\.name))
    #expect(averaged.map(\.name) == names)
    #expect(averaged.map(\.tensor) != weights.map(\.tensor))

    // They are what another trainer begins with: the classifiers begin anew.
    let next = try Trainer(recipe, smallSettings(epochs: 1, learningRate: 0))
    let named = Dictionary(uniqueKeysWithValues: weights.map { ($0.name, $0.tensor) })
    try await next.train(on: source, from: .weights(named))
    let trained = weights.filter { !$0.name.contains("moving") }
    let kept = try await next.weights(.current).filter { !$0.name.contains("moving") }
    #expect(kept.map(\.tensor) == trained.map(\.tensor))

    let foreign = named.merging(["auxiliary/x": Tensor(Float(1))]) { $1 }
    await #expect(throws: WeightsError.self) {
      try await next.train(on: source, from: .weights(foreign))
    }
  }

  /// Checkpoints hold the classifiers: a run that is killed ends as one that is not.
  @Test func goesOnWithItsClassifiers() async throws {
    var recipe = smallRecipe
    recipe.deepSupervision = DeepSupervision(of: ["batch_norm"])
    let folder = try TemporaryFolder()
    let settings = smallSettings(folder: folder.path, interval: 3)
    let failing = SmallSource(failure: 8)
    let killed = try Trainer(recipe, settings)
    await #expect(throws: SmallSource.Failure.self) { try await killed.train(on: failing) }
    let resumed = try Trainer(recipe, settings)
    try await resumed.train(on: source, from: .checkpoint)
    let uninterrupted = try Trainer(recipe, smallSettings())
    try await uninterrupted.train(on: source)
    #expect(
      try await resumed.weights(.current).map(\.tensor)
        == (await uninterrupted.weights(.current).map(\.tensor)))
  }

  @Test(arguments: [
    (["tail"], 0.3, "the layer tail"), ([], 0.3, "a positive weight, got 0 and 0.3"),
    (["body"], 0, "a positive weight, got 1 and 0.0"),
    (["body"], -1, "a positive weight, got 1 and -1.0"),
    (["body"], .nan, "a positive weight, got 1 and nan"), (["body", "body"], 1, "body"),
  ])
  func refusesSettingsWithoutMeaning(
    _ layers: [String], _ weight: Double, _ sentence: String
  ) {
    let error = #expect(throws: GraphError.self) {
      try step(whole, DeepSupervision(of: layers, weight: weight))
    }
    #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
  }

  @Test func refusesAModelWithALayerOfItsName() {
    let model = Sequential { Dense(3).named("auxiliary") }
    let error = #expect(throws: GraphError.self) {
      try step(model, DeepSupervision(of: ["auxiliary"]))
    }
    #expect(error?.description.contains("auxiliary/kernel") == true)
  }
}

extension EventLog {
  /// The trained numbers and all of the model's, as the plan says.
  fileprivate var counts: [Int] {
    get throws {
      guard case .planned(let plan) = try #require(events.first) else { return [] }
      return [plan.trainableCount, plan.parameterCount]
    }
  }
}
