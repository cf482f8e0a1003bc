import ApusEngine
import ApusGraph
import ApusLayers
import ApusNumerics
import ApusTensors
import ApusTraining

/// The time of a program: of a whole training step (forward, loss, gradients, the optimizer's update),
/// or of a forward pass.
public struct StepBenchmark: Sendable {
  /// What a run works through, such as the images of its batch.
  public let work: Work
  public let threads: Int
  /// What products were computed in.
  public let precision: Precision
  /// Why that is not what was asked for; nil where it is.
  public internal(set) var notice: String?
  /// Seconds of each measured run, in order.
  public let samples: [Double]
  /// Seconds that tracing and planning took.
  public let planningSeconds: Double
  /// The most memory the process held, in bytes.
  public let peakMemoryBytes: Int
  /// Where the time goes; nil where it was not asked for.
  public let profile: Profile?
  /// What the machine can do at best; nil without a profile.
  public let roofline: Roofline?

  /// What a run works through.
  public struct Work: Sendable {
    /// In the plural, as in `images`.
    public let name: String
    public let count: Int
    /// The sizes that make up the count, as JSON names them.
    let sizes: [String: Int]

    static func images(_ count: Int) -> Work {
      Work(name: "images", count: count, sizes: ["batchSize": count])
    }
  }

  /// The middle of the samples.
  public var seconds: Double { median(of: samples) }

  /// Images, or whatever else a run works through, a second.
  public var rate: Double { Double(work.count) / seconds }

  /// What is timed: a computation and the tensors it runs on.
  struct Subject {
    let computation: Computation
    let inputs: [Tensor]
  }

  /// Times runs of what `tracing` gives, with the first values of its registry's parameters.
  ///
  /// The first runs, in which pages are mapped and threads start, are not counted.
  ///
  /// - Precondition: at least one sample is asked for.
  init(
    _ work: Work, samples count: Int, profiles: Bool, options: EngineOptions,
    tracing subject: (ParameterRegistry) throws -> Subject
  ) throws {
    precondition(count > 0, "a benchmark has at least one sample")
    let registry = ParameterRegistry()
    let store = VariableStore()
    var options = options
    options.profiles = profiles
    let clock = ContinuousClock()
    let start = clock.now
    let traced = try subject(registry)
    let program = try Program(traced.computation, store: store, options: options)
    planningSeconds = (clock.now - start) / .seconds(1)
    for (variable, value) in registry.initialValues(seed: 0) { store[variable] = value }

    for _ in 0..<3 { try program.run(traced.inputs) }
    let before = program.profile
    var samples: [Double] = []
    for _ in 0..<count {
      let start = clock.now
      try program.run(traced.inputs)
      samples.append((clock.now - start) / .seconds(1))
    }
    self.samples = samples
    self.work = work
    threads = options.threads
    precision = options.precision
    peakMemoryBytes = SystemFiles.peakMemoryBytes
    profile = profiles ? program.profile.since(before) : nil
    options.profiles = false
    roofline = profiles ? try Roofline(options: options) : nil
  }

  /// Times steps of `recipe` on random batches.
  init(
    _ recipe: TrainingRecipe, input: TensorType, classes: Int, samples: Int, profiles: Bool,
    options: EngineOptions
  ) throws {
    var batch = StepBenchmark.batch(input, classes: classes)
    try self.init(
      .images(input.shape[0]), samples: samples, profiles: profiles, options: options
    ) { registry in
      let step = try TrainingStep(
        recipe, batch: batch.map(\.type), registry: registry, slots: SlotRegistry())
      batch += [Tensor(Float(1e-3)), Tensor(Float(1))]
      if step.usesKey { batch.append(Tensor([Int64(0), 1])) }
      return Subject(computation: step.computation, inputs: batch)
    }
  }

  /// Times what `model` gives for a random batch, as it predicts.
  init(
    forward model: some Layer, input: TensorType, samples: Int, profiles: Bool,
    options: EngineOptions
  ) throws {
    try self.init(
      .images(input.shape[0]), samples: samples, profiles: profiles, options: options
    ) { registry in
      let traced = try trace(model, input: input, for: .inference, registry: registry)
      let pixels = StepBenchmark.batch(input, classes: 1)[0]
      return Subject(computation: traced.computation, inputs: [pixels])
    }
  }

  private static func batch(_ input: TensorType, classes: Int) -> [Tensor] {
    var stream = PhiloxStream(seed: 0, purpose: 0, epoch: 0, index: 0)
    let pixels = (0..<input.count).map { _ in Float.random(in: -1...1, using: &stream) }
    let labels = (0..<input.shape[0]).map { _ in
      Int32.random(in: 0..<Int32(classes), using: &stream)
    }
    return [Tensor(pixels, shape: input.shape), Tensor(labels)]
  }
}

extension StepBenchmark {
  /// The figures as `apus benchmark … --json` prints them.
  public var json: JSON {
    var members: [String: JSON] = [
      "milliseconds": .number(seconds * 1e3), "\(work.name)PerSecond": .number(rate),
      "peakMemoryBytes": .integer(peakMemoryBytes),
      "samples": .array(samples.map { .number($0 * 1e3) }),
      "planSeconds": .number(planningSeconds), "threads": .integer(threads),
      "precision": .string(precision.rawValue),
    ]
    for (name, size) in work.sizes { members[name] = .integer(size) }
    if let profile, let roofline {
      members.merge(profile.json(beside: roofline)) { own, _ in own }
    }
    return .object(members)
  }
}

extension FashionRecipe {
  /// Times the training step of this recipe, on images of so many channels.
  ///
  /// As in its peers' steps images come alone, not beside their mirror images, gradients are taken where the
  /// weights are, and the network has one classifier. A moving average of the weights is kept beside them, so
  /// that the optimizer reads and writes as many numbers a weight as its peers' Adam.
  public static func benchmarkStep(
    _ options: FashionOptions, channels: Int = 3, samples: Int, profiles: Bool
  ) throws -> StepBenchmark {
    var settings = try options.settings()
    settings.augmentation = .none
    settings.sharpness = 0
    settings.auxiliaryWeight = 0
    try checkMemory(settings)
    var recipe = training(settings)
    recipe.averaging = WeightAveraging(decay: 0.999)
    var benchmark = try StepBenchmark(
      recipe,
      input: inputType(settings, batch: settings.batchSize, channels: channels),
      classes: classes.count, samples: samples, profiles: profiles, options: engine(settings))
    benchmark.notice = precision(running: settings.precision).notice
    return benchmark
  }
}
