import ApusDatasets
import ApusEngine
import ApusLayers
import ApusModels
import ApusNumerics
import ApusTensors
import ApusTraining

/// A GAN that makes pictures like those of Fashion-MNIST: its networks, how they are trained, what
/// they are used for.
public enum GANRecipe {
  /// The name of the recipe in commands, folders and records.
  public static let name = "fashion-gan"

  static let classes = FashionMNIST.classNames

  /// The side of a picture, in pixels.
  static let side = 28

  static func adversarial(_ settings: GANSettings) -> AdversarialRecipe {
    let networks = networks(settings)
    return AdversarialRecipe(
      generator: networks.generator, critic: networks.critic, noiseSize: networks.noiseSize,
      loss: settings.loss.adversarial, penalty: settings.loss.penalty(settings.penaltyWeight),
      optimizer: Adam(meanDecay: settings.meanDecay), criticSteps: settings.criticSteps,
      classes: settings.isConditional ? classes.count : nil,
      averaging: settings.averagingDecay > 0
        ? WeightAveraging(decay: settings.averagingDecay) : nil,
      preparation: networks.preparation)
  }

  /// The two networks of a preset, and what the critic takes of pictures within −1 … 1.
  struct Networks {
    let generator: any Layer
    var critic: any Layer
    let noiseSize: Int
    let preparation: any Layer
  }

  static func networks(_ settings: GANSettings) -> Networks {
    let shares = Rescaling(scale: 0.5, offset: 0.5)
    var networks =
      switch settings.preset {
      case .dense:
        Networks(
          generator: FashionGenerator(), critic: FashionCritic(),
          noiseSize: FashionGenerator.noiseSize,
          preparation: Sequential {
            shares
            Flatten()
          })
      case .dcgan:
        Networks(
          generator: DCGANGenerator(),
          critic: DCGANCritic(normalizesBatches: settings.allowsBatchNormalization),
          noiseSize: DCGANGenerator.noiseSize, preparation: shares)
      case .wganGPConv:
        Networks(
          generator: ResidualGenerator(), critic: ResidualCritic(),
          noiseSize: ResidualGenerator.noiseSize, preparation: shares)
      }
    if settings.normalizesSpectra { networks.critic = spectrallyNormalized(networks.critic) }
    return networks
  }

  private static func spectrallyNormalized(_ critic: some Layer) -> any Layer {
    SpectralNorm(critic)
  }

  /// What the generator makes pictures of: noise of a seed, and the class one-hot where it takes one.
  ///
  /// The noise of a picture depends on the seed and the picture's number alone.
  ///
  /// - Parameter label: the class of each picture by its number.
  static func inputs(
    _ settings: GANSettings, count: Int, seed: UInt64, label: (Int) -> Int
  ) -> Tensor {
    let recipe = adversarial(settings)
    var numbers: [Float] = []
    numbers.reserveCapacity(count * recipe.generatorInputSize)
    for index in 0..<count {
      var stream = PhiloxStream(
        seed: seed, purpose: StreamPurpose.generation, index: UInt64(index))
      for _ in 0..<recipe.noiseSize { numbers.append(Float(stream.uniform(from: -1, to: 1))) }
      guard let classes = recipe.classes else { continue }
      for number in 0..<classes { numbers.append(number == label(index) ? 1 : 0) }
    }
    return Tensor(numbers, shape: [count, recipe.generatorInputSize])
  }

  /// The pictures of a generator's values in 0 … 1, `uint8 [count, 28, 28, 1]`; what is no number is black.
  static func pictures(of values: Tensor) -> Tensor {
    let pixels = values.withElements(as: Float.self) { numbers in
      numbers.map { $0.isNaN ? 0 : UInt8(min(max(($0 * 255).rounded(), 0), 255)) }
    }
    return Tensor(pixels, shape: [values.shape[0], side, side, 1])
  }
}

extension GANSettings {
  /// Whether a critic may look at the other pictures of a batch: a penalty on the slope of each picture
  /// forbids it, and a scale that is learnt for each channel undoes spectral normalization.
  fileprivate var allowsBatchNormalization: Bool {
    loss.penalty(penaltyWeight) == nil && !normalizesSpectra
  }
}

extension GANLoss {
  var adversarial: AdversarialLoss {
    switch self {
    case .wganOneSided, .wganGP, .wganLP: .wasserstein
    case .vanilla: .vanilla
    case .hinge: .hinge
    case .lsgan: .leastSquares
    }
  }

  func penalty(_ weight: Double) -> GradientPenalty? {
    switch self {
    case .wganOneSided: GradientPenalty(.oneSided, weight: weight)
    case .wganGP: GradientPenalty(.squaredTwoSided, weight: weight)
    case .wganLP: GradientPenalty(.squaredOneSided, weight: weight)
    case .vanilla, .hinge, .lsgan: nil
    }
  }
}
