import ApusEngine
import ApusLayers
import ApusTensors
import ApusTraining
import Testing

/// A training step of a model of which a part is frozen.
struct FrozenStepTests {
  @Test func changesNothingOfTheFrozenPart() throws {
    let model = Sequential {
      Frozen(
        Sequential {
          Dense(6, activation: .relu).named("dense")
          BatchNorm().named("norm")
        }
      ).named("base")
      Dense(3).named("head")
    }
    let recipe = TrainingRecipe(model: model, loss: SoftmaxCrossEntropyLoss(), optimizer: Adam())
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let slots = SlotRegistry()
    let source = SmallSource()
    let step = try TrainingStep(
      recipe, batch: source.batchTypes, registry: registry, slots: slots)
    for (variable, value) in registry.initialValues(seed: 3) { store[variable] = value }
    let before = registry.variables.map { store[$0] }
    let program = try Program(step.computation, store: store)
    let cursor = source.batches(ofEpoch: 0, skipping: 0)
    var losses: [Double] = []
    for number in 1...4 {
      let batch = try #require(try cursor.next())
      try program.run(batch + [Tensor(Float(0.1)), Tensor(Float(number))])
      losses.append(program.scalar(0))
    }
    for (variable, value) in zip(registry.variables, before) {
      let isSame = store[variable] == value
      #expect(isSame == variable.name.hasPrefix("base/"), "\(variable.name)")
    }
    #expect(try #require(losses.last) < losses[0])
    // Adam's two slots of the head's kernel and bias, none of the frozen weights.
    #expect(slots.variables.count == 4)
  }
}
