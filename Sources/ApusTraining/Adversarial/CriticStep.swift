import ApusGraph
import ApusLayers
import ApusTensors

/// One step of a Wasserstein critic as one graph.
///
/// Inputs: real examples `[batch, d…]`, the learning rate and the number of the update (float32
/// scalars), then the random key, or noise `[batch, noiseSize]` in −1 … 1 and the share of the real
/// example in each mixture, `[batch]` in 0 … 1. Output: the loss, a scalar.
package struct CriticStep {
  package let computation: Computation

  package init(
    _ recipe: WassersteinRecipe, real type: TensorType, noise source: NoiseSource = .key,
    registry: ParameterRegistry, slots: SlotRegistry
  ) throws(GraphError) {
    let real = try Node.placeholder("real", type)
    let learningRate = try Node.placeholder("learning rate", TensorType([]))
    let step = try Node.placeholder("update number", TensorType([]))
    let trace = Trace(for: .training, registry: registry)
    let batch = try real.extent(ofAxis: 0, named: "batch")
    let noise = try RandomInput(
      "noise", [batch, recipe.noiseSize], from: -1, to: 1, source, in: trace)
    let shares = try RandomInput("shares", [batch], from: 0, to: 1, source, in: trace)

    let fake = try recipe.generator(
      noise.value, in: trace.root.scope(WassersteinRecipe.generatorScope)
    ).stoppingGradient()
    let ones = Array(repeating: 1, count: type.rank - 1)
    let share = try shares.value.reshaped(to: Shape([batch] + ones))
    let mixed = try share * real + (1 - share) * fake

    let scope = trace.root.scope(WassersteinRecipe.criticScope)
    let again = trace.root.reusing(WassersteinRecipe.criticScope)
    let distance =
      try recipe.critic(real, in: scope).mean() - recipe.critic(fake, in: again).mean()
    let penalty = try recipe.penalty(of: recipe.critic(mixed, in: again), at: mixed)
    let loss = try distance + penalty.mean()

    let updates = try trace.updates(
      of: WassersteinRecipe.criticScope, lowering: loss, by: recipe.optimizer,
      learningRate: learningRate, step: step, slots: slots)
    let drawn = [noise, shares].compactMap(\.placeholder)
    computation = Computation(
      inputs: [real, learningRate, step] + drawn + (trace.key.map { [$0] } ?? []),
      outputs: [loss], updates: updates + trace.updates)
  }
}

/// Random numbers of a step: drawn by the trace's key, or an input.
struct RandomInput {
  let value: Node
  /// The input; nil where the numbers are drawn.
  let placeholder: Node?

  init(
    _ name: String, _ shape: Shape, from lower: Double, to upper: Double, _ source: NoiseSource,
    in trace: Trace
  ) throws(GraphError) {
    let type = TensorType(shape)
    switch source {
    case .key:
      let (key, stream) = try trace.root.randomStream()
      value = try key.randomUniform(type, stream: stream, lower: lower, upper: upper)
      placeholder = nil
    case .inputs:
      value = try Node.placeholder(name, type)
      placeholder = value
    }
  }
}
