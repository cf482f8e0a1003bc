import ApusGraph
import ApusLayers
import ApusTensors

/// A GAN and how it is trained: the critic learns to tell real examples from generated ones, the
/// generator to please it.
///
/// The critic minimizes the loss and the mean penalty at points between real and generated
/// examples, the generator its own loss.
///
/// Reference: Gulrajani et al. (2017), "Improved training of Wasserstein GANs", arXiv:1704.00028.
public struct AdversarialRecipe: Sendable {
  /// Examples from noise, `[batch, noiseSize]` → `[batch, d…]`; with classes `[batch, noiseSize +
  /// classes]`, the class one-hot behind the noise.
  public var generator: any Layer
  /// A number for each example, `[batch, d…]` → `[batch, 1]`; with classes these are one-hot behind
  /// the last axis of each example.
  public var critic: any Layer
  public var loss: AdversarialLoss
  /// What the critic's slope costs; nil where it is free.
  public var penalty: GradientPenalty?
  public var optimizer: any Optimizer
  /// The numbers of noise that an example is made of, uniform in −1 … 1.
  public var noiseSize: Int
  /// The critic's steps before each step of the generator.
  public var criticSteps: Int
  /// The number of classes that both networks are told; nil where they are told none.
  public var classes: Int?
  /// Whether a moving average of the generator is kept.
  public var averaging: WeightAveraging?
  /// What becomes of a batch of data before it is the critic's real examples; it learns nothing.
  public var preparation: any Layer

  public init(
    generator: any Layer, critic: any Layer, noiseSize: Int,
    loss: AdversarialLoss = .wasserstein, penalty: GradientPenalty? = GradientPenalty(),
    optimizer: any Optimizer = Adam(meanDecay: 0.5), criticSteps: Int = 5, classes: Int? = nil,
    averaging: WeightAveraging? = nil, preparation: any Layer = Activation.linear
  ) {
    self.generator = generator
    self.critic = critic
    self.noiseSize = noiseSize
    self.loss = loss
    self.penalty = penalty
    self.optimizer = optimizer
    self.criticSteps = criticSteps
    self.classes = classes
    self.averaging = averaging
    self.preparation = preparation
  }

  /// The numbers that the generator makes an example of: noise, and the class one-hot.
  public var generatorInputSize: Int { noiseSize + (classes ?? 0) }

  /// The scopes of the two networks: the first part of their parameters' names.
  package static let generatorScope = "generator", criticScope = "critic"

  /// What a critic's step reports after its loss, in the order of the program's outputs.
  package var measures: [String] {
    penalty == nil ? ["distance"] : ["distance", "penalty", "gradientNorm"]
  }

  /// The generator with the names its parameters have in training.
  package var namedGenerator: NamedLayer { generator.named(Self.generatorScope) }
}

/// Where a step's random numbers come from.
package enum NoiseSource: Sendable {
  /// They are drawn in the graph by a key, its last input.
  case key
  /// They are inputs, so that another program can use the same ones.
  case inputs
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

extension Node {
  /// This value with a one-hot class behind the last axis of each example.
  ///
  /// - Shapes: `[batch, d…, c]` and `[batch, classes]` → `[batch, d…, c + classes]`.
  func joined(with classes: Node?) throws(GraphError) -> Node {
    guard let classes else { return self }
    let depth = classes.shape[1]
    let ones = Array(repeating: 1, count: shape.rank - 2)
    let planes = try classes.reshaped(to: Shape([shape[0]] + ones + [depth]))
      .broadcast(to: Shape(shape.extents.dropLast() + [depth]))
    return try .concatenated([self, planes], alongAxis: shape.rank - 1)
  }
}

extension Trace {
  /// The new values of the trainable parameters of the scope `name`, against the slope of `loss`.
  func updates(
    of name: String, lowering loss: Node, by optimizer: any Optimizer, learningRate: Node,
    step: Node, slots: SlotRegistry
  ) throws(GraphError) -> [Computation.Update] {
    let trained = trainedParameters.filter { $0.variable.name.hasPrefix(name + "/") }
    let slopes = try gradients(of: loss, with: trained.map(\.value))
    var changed: [TrainedParameter] = []
    for (parameter, slope) in zip(trained, slopes) {
      changed.append(
        TrainedParameter(variable: parameter.variable, value: parameter.value, gradient: slope))
    }
    return try optimizer.updates(of: changed, learningRate: learningRate, step: step, slots: slots)
  }

  /// The variables of the scope `name` that its updates change.
  func trainedVariables(of name: String) -> [Variable] {
    trainedParameters.map(\.variable).filter { $0.name.hasPrefix(name + "/") }
  }
}
