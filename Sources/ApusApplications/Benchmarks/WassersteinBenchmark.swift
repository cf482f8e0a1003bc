import ApusEngine
import ApusGraph
import ApusLayers
import ApusModels
import ApusNumerics
import ApusTensors
import ApusTraining

/// The time of an outer step of the Fashion-MNIST GAN: the critic's steps and one of the generator.
public struct WassersteinBenchmark: Sendable {
  public let batchSize: Int
  public let threads: Int
  /// Seconds of an outer step, the mean of ``stepsPerSample`` in each sample.
  public let samples: [Double]
  /// Seconds that tracing and planning took.
  public let planningSeconds: Double
  /// The most memory the process held, in bytes.
  public let peakMemoryBytes: Int
  /// Where the time of a critic's and of a generator's step goes; empty where not asked for.
  public let profiles: [Profile]
  /// What the machine can do at best; nil without a profile.
  public let roofline: Roofline?

  /// The outer steps of one sample: one alone takes only milliseconds.
  public static let stepsPerSample = 10

  /// The middle of the samples.
  public var seconds: Double { median(of: samples) }

  /// Times outer steps on random pictures; the first sample, a warm-up, is not counted.
  ///
  /// - Precondition: at least one sample is asked for.
  public init(
    batchSize: Int, samples count: Int, profiles isProfiled: Bool, options: EngineOptions
  ) throws {
    precondition(count > 0, "a benchmark has at least one sample")
    var options = options
    options.profiles = isProfiled
    let clock = ContinuousClock()
    let start = clock.now
    let training = try OuterStep(batchSize: batchSize, options: options)
    planningSeconds = (clock.now - start) / .seconds(1)
    var samples: [Double] = []
    for _ in 0...count {
      let start = clock.now
      for _ in 0..<WassersteinBenchmark.stepsPerSample { try training.run() }
      let seconds = (clock.now - start) / .seconds(1)
      samples.append(seconds / Double(WassersteinBenchmark.stepsPerSample))
    }
    self.samples = Array(samples.dropFirst())
    self.batchSize = batchSize
    threads = options.threads
    peakMemoryBytes = SystemFiles.peakMemoryBytes
    profiles = isProfiled ? [training.critic.profile, training.generator.profile] : []
    options.profiles = false
    roofline = isProfiled ? try Roofline(options: options) : nil
  }

  /// The figures as `apus benchmark step wgan --json` prints them.
  public var json: JSON {
    [
      "milliseconds": .number(seconds * 1e3), "stepsPerSecond": .number(1 / seconds),
      "peakMemoryBytes": .integer(peakMemoryBytes),
      "samples": .array(samples.map { .number($0 * 1e3) }),
      "planSeconds": .number(planningSeconds), "batchSize": .integer(batchSize),
      "threads": .integer(threads),
    ]
  }
}

/// The two programs of the Fashion-MNIST GAN with random pictures to learn from.
private final class OuterStep {
  let critic: Program
  let generator: Program
  private let recipe = AdversarialRecipe(
    generator: FashionGenerator(), critic: FashionCritic(), noiseSize: FashionGenerator.noiseSize)
  private let batches: [Tensor]
  private let learningRate = Tensor(Float(1e-4))
  private var count: Int64 = 0

  init(batchSize: Int, options: EngineOptions) throws {
    let (registry, store, slots) = (ParameterRegistry(), VariableStore(), SlotRegistry())
    let type = TensorType([batchSize, FashionGenerator.pictureSize])
    let criticStep = try CriticStep(recipe, real: type, registry: registry, slots: slots)
    let generatorStep = try GeneratorStep(
      recipe, batch: batchSize, registry: registry, slots: slots)
    critic = try Program(criticStep.computation, store: store, options: options)
    generator = try Program(generatorStep.computation, store: store, options: options)
    for (variable, value) in registry.initialValues(seed: 0) { store[variable] = value }
    var stream = PhiloxStream(seed: 0, purpose: 0, epoch: 0, index: 0)
    batches = (0..<recipe.criticSteps).map { _ in
      let pixels = (0..<type.count).map { _ in Float.random(in: 0..<1, using: &stream) }
      return Tensor(pixels, shape: type.shape)
    }
  }

  func run() throws {
    count += 1
    for (index, batch) in batches.enumerated() {
      let number = (count - 1) * Int64(batches.count) + Int64(index) + 1
      try critic.run([batch, learningRate, Tensor(Float(number)), Tensor([Int64(0), number])])
    }
    try generator.run([learningRate, Tensor(Float(count)), Tensor([Int64(1), count])])
  }
}
