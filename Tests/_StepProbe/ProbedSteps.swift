import ApusApplications
import ApusEngine
import ApusGraph
import ApusLayers
import ApusModels
import ApusNumerics
import ApusTensors
import ApusTraining

/// The steps that are probed.
enum ProbedSteps: String, CaseIterable {
  /// Of `fashion` with all that its defaults have: pairs of images, a climb and auxiliary classifiers.
  case pairs = "default"
  /// Of `fashion` with one image a row and no climb.
  case plain
  /// The same with products of bfloat16 numbers.
  case bfloat16
  /// Those of a critic and a generator, with a penalty that is a derivative.
  case gan
  /// Two bidirectional LSTMs, forward and backward.
  case lstm
  /// The forward pass of a MobileNet, as it predicts.
  case forward

  /// A step on random numbers, of a usual size or a small one.
  func step(isSmall: Bool, threads: Int) throws -> ProbedStep {
    let options = EngineOptions(threads: threads)
    switch self {
    case .pairs, .plain, .bfloat16:
      var settings = FashionSettings()
      settings.auxiliaryWeight = self == .pairs ? 0.3 : 0
      if self != .pairs { (settings.augmentation, settings.sharpness) = (.erase, 0) }
      if self == .bfloat16 { settings.precision = .bfloat16 }
      settings.threads = threads
      if isSmall { (settings.width, settings.side, settings.batchSize) = (0.25, 32, 8) }
      return try fashion(settings)
    case .gan: return try gan(batch: isSmall ? 8 : 50, options)
    case .lstm: return try lstm(isSmall: isSmall, options)
    case .forward: return try forward(isSmall: isSmall, options)
    }
  }

  private func forward(isSmall: Bool, _ options: EngineOptions) throws -> ProbedStep {
    let registry = ParameterRegistry()
    let model = MobileNet(alpha: isSmall ? 0.25 : 1, classes: 10)
    let (batch, side) = isSmall ? (8, 32) : (128, 56)
    let images = TensorType([batch, side, side, 3])
    let traced = try trace(model, input: images, for: .inference, registry: registry)
    return try ProbedStep([(traced.computation, [numbers(images)])], registry, options)
  }

  private func fashion(_ settings: FashionSettings) throws -> ProbedStep {
    let registry = ParameterRegistry()
    let images = FashionRecipe.inputType(settings, batch: settings.rowCount)
    let labels = TensorType([settings.rowCount], .int32)
    let step = try TrainingStep(
      FashionRecipe.training(settings), batch: [images, labels], registry: registry,
      slots: SlotRegistry())
    let classes = Tensor((0..<labels.count).map { Int32($0 % 10) })
    let key = step.usesKey ? [Tensor([Int64(0), 1])] : []
    return try ProbedStep(
      [
        (step.computation, [numbers(images), classes, Tensor(Float(1e-3)), Tensor(Float(1))] + key)
      ],
      registry, FashionRecipe.engine(settings))
  }

  private func gan(batch: Int, _ options: EngineOptions) throws -> ProbedStep {
    let (registry, slots) = (ParameterRegistry(), SlotRegistry())
    let recipe = AdversarialRecipe(
      generator: FashionGenerator(), critic: FashionCritic(), noiseSize: FashionGenerator.noiseSize)
    let pictures = TensorType([batch, FashionGenerator.pictureSize])
    let critic = try CriticStep(recipe, real: pictures, registry: registry, slots: slots)
    let generator = try GeneratorStep(recipe, batch: batch, registry: registry, slots: slots)
    let scalars = [Tensor(Float(1e-4)), Tensor(Float(1)), Tensor([Int64(0), 1])]
    return try ProbedStep(
      [
        (critic.computation, [numbers(pictures)] + scalars), (generator.computation, scalars),
      ], registry, options)
  }

  private func lstm(isSmall: Bool, _ options: EngineOptions) throws -> ProbedStep {
    let registry = ParameterRegistry()
    var benchmark = BidirectionalLSTMBenchmark()
    benchmark.tokens = 30
    if isSmall { (benchmark.batchSize, benchmark.tokens, benchmark.units) = (4, 10, 16) }
    let computation = try benchmark.computation(registry)
    return try ProbedStep(
      [(computation, computation.inputs.map { numbers($0.type) })], registry, options)
  }

  private func numbers(_ type: TensorType) -> Tensor {
    var stream = PhiloxStream(seed: 0, purpose: 0, epoch: 0, index: 0)
    let numbers = (0..<type.count).map { _ in Float.random(in: -1...1, using: &stream) }
    return Tensor(numbers, shape: type.shape)
  }
}

/// The programs of a step with what they are given.
final class ProbedStep {
  private let programs: [(program: Program, inputs: [Tensor])]
  /// The steps that ended well.
  private(set) var runs = 0

  init(
    _ computations: [(Computation, [Tensor])], _ registry: ParameterRegistry,
    _ options: EngineOptions
  ) throws {
    let store = VariableStore()
    programs = try computations.map { computation, inputs in
      (try Program(computation, store: store, options: options), inputs)
    }
    for (variable, value) in registry.initialValues(seed: 0) { store[variable] = value }
  }

  func run() throws {
    for (program, inputs) in programs { try program.run(inputs) }
    runs += 1
  }
}
