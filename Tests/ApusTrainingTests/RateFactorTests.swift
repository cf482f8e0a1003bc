import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import ApusTraining
import Testing

/// A training step that gives some parameters a share of the learning rate.
struct RateFactorTests {
  private let source = SmallSource()

  /// How far each parameter moves in one plain step at rate 0.1.
  private func moves(
    _ factor: @escaping @Sendable (Variable) -> Double
  ) throws -> [String: [Double]] {
    let model = Sequential {
      Dense(6, activation: .relu).named("body")
      Dense(3).named("head")
    }
    let recipe = TrainingRecipe(
      model: model, loss: SoftmaxCrossEntropyLoss(), optimizer: SGD(), rateFactor: factor)
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let step = try TrainingStep(
      recipe, batch: source.batchTypes, registry: registry, slots: SlotRegistry())
    for (variable, value) in registry.initialValues(seed: 3) { store[variable] = value }
    let before = registry.variables.map { store[$0].doubles }
    let program = try Program(step.computation, store: store)
    let batch = try #require(try source.batches(ofEpoch: 0, skipping: 0).next())
    try program.run(batch + [Tensor(Float(0.1)), Tensor(Float(1))])
    var moves: [String: [Double]] = [:]
    for (variable, old) in zip(registry.variables, before) {
      moves[variable.name] = zip(store[variable].doubles, old).map { $0 - $1 }
    }
    return moves
  }

  @Test(arguments: [0, 0.25, 1, 3])
  func movesTheChosenParametersByTheirShare(_ factor: Double) throws {
    let plain = try moves { _ in 1 }
    let changed = try moves { $0.name.hasPrefix("head/") ? factor : 1 }
    #expect(plain["head/kernel"]?.contains { abs($0) > 1e-4 } == true)
    #expect(plain.count == 4)
    for (name, expected) in plain {
      let share = name.hasPrefix("head/") ? factor : 1
      for (found, whole) in zip(try #require(changed[name]), expected) {
        #expect(abs(found - share * whole) < 1e-7, "\(name)")
      }
    }
  }

  @Test(arguments: [-0.5, .nan, .infinity])
  func refusesFactorsThatMakeNoSense(_ factor: Double) {
    let error = #expect(throws: GraphError.self) {
      try moves { $0.name == "head/bias" ? factor : 1 }
    }
    #expect(
      error?.description.contains("a number from 0 for head/bias, got \(factor)") == true)
  }
}
