import ApusGraph
import ApusLayers
import ApusTensors

/// One step of a GAN's critic as one graph.
///
/// Inputs: a batch of data, its classes where the recipe has some (int32 `[batch]`), the learning
/// rate and the number of the update (float32 scalars), then the random key, or noise
/// `[batch, noiseSize]` in −1 … 1 and, with a penalty, the share of the real example in each
/// mixture, `[batch]` in 0 … 1. Outputs: the loss and the recipe's measures, scalars.
package struct CriticStep {
  package let computation: Computation

  package init(
    _ recipe: AdversarialRecipe, real type: TensorType, noise source: NoiseSource = .key,
    registry: ParameterRegistry, slots: SlotRegistry
  ) throws(GraphError) {
    let data = try Node.placeholder("real", type)
    let learningRate = try Node.placeholder("learning rate", TensorType([]))
    let step = try Node.placeholder("update number", TensorType([]))
    let trace = Trace(for: .training, registry: registry)
    let batch = try data.extent(ofAxis: 0, named: "batch")
    var labels: Node?
    if recipe.classes != nil { labels = try .placeholder("classes", TensorType([batch], .int32)) }
    let noise = try RandomInput(
      "noise", [batch, recipe.noiseSize], from: -1, to: 1, source, in: trace)
    let examples = try Examples(
      recipe, data: data, labels: labels, noise: noise.value, in: trace)
    let shares =
      recipe.penalty == nil
      ? nil : try RandomInput("shares", [batch], from: 0, to: 1, source, in: trace)

    let scores = try Scores(recipe, of: examples, in: trace)
    var loss = try recipe.loss.critic(real: scores.real, fake: scores.fake)
    var measures = [try recipe.loss.distance(real: scores.real, fake: scores.fake)]
    if let penalty = recipe.penalty, let shares {
      let slopes = try scores.slopes(recipe, between: examples, at: shares.value, in: trace)
      let cost = try penalty(ofSlopes: slopes).mean()
      loss = try loss + cost
      measures += [cost, try slopes.mean()]
    }

    let updates = try trace.updates(
      of: AdversarialRecipe.criticScope, lowering: loss, by: recipe.optimizer,
      learningRate: learningRate, step: step, slots: slots)
    let drawn = [noise, shares].compactMap { $0?.placeholder }
    computation = Computation(
      inputs: [data] + (labels.map { [$0] } ?? []) + [learningRate, step] + drawn
        + (trace.key.map { [$0] } ?? []),
      outputs: [loss] + measures, updates: updates + trace.updates)
  }

  /// The examples of a step, real and generated, of the same classes.
  private struct Examples {
    let real: Node
    let fake: Node
    /// One-hot, `[batch, classes]`.
    let classes: Node?

    init(
      _ recipe: AdversarialRecipe, data: Node, labels: Node?, noise: Node, in trace: Trace
    ) throws(GraphError) {
      real = try recipe.preparation(data, in: trace.root.scope("preparation"))
      if let labels, let count = recipe.classes {
        classes = try labels.oneHot(depth: count)
      } else {
        classes = nil
      }
      fake = try recipe.generator(
        noise.joined(with: classes), in: trace.root.scope(AdversarialRecipe.generatorScope)
      ).stoppingGradient()
    }
  }

  /// What the critic says of a step's examples.
  private struct Scores {
    let real: Node
    let fake: Node

    init(_ recipe: AdversarialRecipe, of examples: Examples, in trace: Trace) throws(GraphError) {
      let scope = trace.root.scope(AdversarialRecipe.criticScope)
      let again = trace.root.reusing(AdversarialRecipe.criticScope)
      real = try recipe.critic(examples.real.joined(with: examples.classes), in: scope)
      fake = try recipe.critic(examples.fake.joined(with: examples.classes), in: again)
    }

    /// The critic's slopes at points between real and generated examples.
    func slopes(
      _ recipe: AdversarialRecipe, between examples: Examples, at shares: Node, in trace: Trace
    ) throws(GraphError) -> Node {
      let shape = examples.real.shape
      let ones = Array(repeating: 1, count: shape.rank - 1)
      let share = try shares.reshaped(to: Shape([shape[0]] + ones))
      let mixed = try share * examples.real + (1 - share) * examples.fake
      let again = trace.root.reusing(AdversarialRecipe.criticScope)
      let values = try recipe.critic(mixed.joined(with: examples.classes), in: again)
      return try GradientPenalty.slopes(of: values, at: mixed)
    }
  }
}
