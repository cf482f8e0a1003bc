import ApusGraph
import ApusLayers
import ApusTensors

/// One step of a Wasserstein GAN's generator as one graph.
///
/// Inputs: the learning rate and the number of the update (float32 scalars), then the random key or
/// noise `[batch, noiseSize]` in −1 … 1. Output: the loss `mean D(G(z))`, a scalar.
package struct GeneratorStep {
  package let computation: Computation

  package init(
    _ recipe: WassersteinRecipe, batch: Int, noise source: NoiseSource = .key,
    registry: ParameterRegistry, slots: SlotRegistry
  ) throws(GraphError) {
    let learningRate = try Node.placeholder("learning rate", TensorType([]))
    let step = try Node.placeholder("update number", TensorType([]))
    let trace = Trace(for: .training, registry: registry)
    let noise = try RandomInput(
      "noise", [batch, recipe.noiseSize], from: -1, to: 1, source, in: trace)
    let fake = try recipe.generator(
      noise.value, in: trace.root.scope(WassersteinRecipe.generatorScope))
    let loss = try recipe.critic(fake, in: trace.root.scope(WassersteinRecipe.criticScope)).mean()
    let updates = try trace.updates(
      of: WassersteinRecipe.generatorScope, lowering: loss, by: recipe.optimizer,
      learningRate: learningRate, step: step, slots: slots)
    computation = Computation(
      inputs: [learningRate, step] + [noise].compactMap(\.placeholder)
        + (trace.key.map { [$0] } ?? []),
      outputs: [loss], updates: updates + trace.updates)
  }
}
