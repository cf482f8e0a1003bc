import ApusGraph
import ApusLayers
import ApusTensors

/// One step of a GAN's generator as one graph.
///
/// Inputs: the learning rate and the number of the update (float32 scalars), then the random key,
/// or noise `[batch, noiseSize]` in −1 … 1 and, where the recipe has classes, numbers `[batch]` in
/// 0 … classes whose integer parts are the classes. Output: the loss, a scalar.
package struct GeneratorStep {
  package let computation: Computation

  package init(
    _ recipe: AdversarialRecipe, batch: Int, noise source: NoiseSource = .key,
    registry: ParameterRegistry, slots: SlotRegistry
  ) throws(GraphError) {
    let learningRate = try Node.placeholder("learning rate", TensorType([]))
    let step = try Node.placeholder("update number", TensorType([]))
    let trace = Trace(for: .training, registry: registry)
    let noise = try RandomInput(
      "noise", [batch, recipe.noiseSize], from: -1, to: 1, source, in: trace)
    var drawn = [noise]
    var classes: Node?
    if let count = recipe.classes {
      let labels = try RandomInput(
        "classes", [batch], from: 0, to: Double(count), source, in: trace)
      drawn.append(labels)
      classes = try labels.value.floor().cast(to: .int32).oneHot(depth: count)
    }
    let fake = try recipe.generator(
      noise.value.joined(with: classes), in: trace.root.scope(AdversarialRecipe.generatorScope))
    let scores = try recipe.critic(
      fake.joined(with: classes), in: trace.root.scope(AdversarialRecipe.criticScope))
    let loss = try recipe.loss.generator(fake: scores)
    var updates = try trace.updates(
      of: AdversarialRecipe.generatorScope, lowering: loss, by: recipe.optimizer,
      learningRate: learningRate, step: step, slots: slots)
    if let averaging = recipe.averaging {
      updates += try averaging.updates(
        after: updates, of: trace.trainedVariables(of: AdversarialRecipe.generatorScope),
        step: step, slots: slots)
    }
    computation = Computation(
      inputs: [learningRate, step] + drawn.compactMap(\.placeholder)
        + (trace.key.map { [$0] } ?? []),
      outputs: [loss], updates: updates + trace.updates)
  }
}
