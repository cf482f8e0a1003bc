import ApusGraph
import ApusLayers
import ApusTensors

/// A Wasserstein GAN and how it is trained: the critic learns to tell real examples from generated
/// ones with a slope held near one, the generator to please it.
///
/// The critic minimizes `mean D(real) − mean D(fake) + mean penalty`, the generator `mean D(fake)`.
///
/// Reference: Gulrajani et al. (2017), "Improved training of Wasserstein GANs", arXiv:1704.00028.
public struct WassersteinRecipe: Sendable {
  /// Examples from noise, `[batch, noiseSize]` → `[batch, d…]`.
  public var generator: any Layer
  /// A number for each example, `[batch, d…]` → `[batch, 1]`.
  public var critic: any Layer
  public var penalty: OneSidedGradientPenalty
  public var optimizer: any Optimizer
  /// The numbers of noise that an example is made of, uniform in −1 … 1.
  public var noiseSize: Int
  /// The critic's steps before each step of the generator.
  public var criticSteps: Int

  public init(
    generator: any Layer, critic: any Layer, noiseSize: Int,
    penalty: OneSidedGradientPenalty = OneSidedGradientPenalty(),
    optimizer: any Optimizer = Adam(meanDecay: 0.5), criticSteps: Int = 5
  ) {
    self.generator = generator
    self.critic = critic
    self.noiseSize = noiseSize
    self.penalty = penalty
    self.optimizer = optimizer
    self.criticSteps = criticSteps
  }

  /// The scopes of the two networks: the first part of their parameters' names.
  package static let generatorScope = "generator", criticScope = "critic"
}

/// Where a step's random numbers come from.
package enum NoiseSource: Sendable {
  /// They are drawn in the graph by a key, its last input.
  case key
  /// They are inputs, so that another program can use the same ones.
  case inputs
}

extension Trace {
  /// The new values of the trainable parameters of the scope `name`, against the slope of `loss`.
  func updates(
    of name: String, lowering loss: Node, by optimizer: any Optimizer, learningRate: Node,
    step: Node, slots: SlotRegistry
  ) throws(GraphError) -> [Computation.Update] {
    let trained = parameters.filter {
      $0.variable.isTrainable && $0.variable.name.hasPrefix(name + "/")
    }
    let slopes = try gradients(of: loss, with: trained.map(\.value))
    var changed: [TrainedParameter] = []
    for (parameter, slope) in zip(trained, slopes) {
      changed.append(
        TrainedParameter(variable: parameter.variable, value: parameter.value, gradient: slope))
    }
    return try optimizer.updates(of: changed, learningRate: learningRate, step: step, slots: slots)
  }
}
