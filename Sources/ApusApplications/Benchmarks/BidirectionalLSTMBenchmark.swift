import ApusEngine
import ApusGraph
import ApusLayers
import ApusNumerics
import ApusTensors

/// The time of two bidirectional LSTMs one behind the other, forward and backward.
///
/// The gradient of the hidden states is given; those of the input and of all weights are results.
public struct BidirectionalLSTMBenchmark: Sendable {
  /// What is timed.
  public struct Settings: Sendable {
    /// Sequences in a step.
    public var batchSize = 160
    /// Steps of each sequence.
    public var tokens = 300
    /// Units of each direction, and features of the input.
    public var units = 128
    public var precision = Precision.float32
    public var threads: Int?

    public init() {}
  }

  public let settings: Settings
  public let threads: Int
  /// What products were computed in.
  public let precision: Precision
  /// Why that is not what was asked for; nil where it is.
  public let notice: String?
  /// Seconds of each measured step, in order.
  public let samples: [Double]
  /// Seconds that tracing and planning took.
  public let planningSeconds: Double
  /// The most memory the process held, in bytes.
  public let peakMemoryBytes: Int
  /// Where the time goes; nil where it was not asked for.
  public let profile: Profile?
  /// What the machine can do at best; nil without a profile.
  public let roofline: Roofline?

  /// The middle of the samples.
  public var seconds: Double { median(of: samples) }

  public var tokensPerSecond: Double {
    Double(settings.batchSize * settings.tokens) / seconds
  }

  /// Times steps on random numbers, after two that are not counted.
  ///
  /// - Precondition: at least one sample is asked for.
  public init(_ settings: Settings, samples count: Int, profiles: Bool) throws {
    precondition(count > 0, "a benchmark has at least one sample")
    self.settings = settings
    let running = FashionRecipe.precision(running: settings.precision)
    var options = EngineOptions(
      threads: settings.threads ?? Machine.coreCount, precision: running.precision,
      profiles: profiles)
    let clock = ContinuousClock()
    let start = clock.now
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let computation = try Self.computation(settings, registry: registry)
    let program = try Program(computation, store: store, options: options)
    planningSeconds = (clock.now - start) / .seconds(1)
    for (variable, value) in registry.initialValues(seed: 0) { store[variable] = value }
    let inputs = computation.inputs.enumerated().map { Self.numbers($1.type, index: $0) }
    for _ in 0..<2 { try program.run(inputs) }
    let before = program.profile
    samples = try (0..<count).map { _ in
      let start = clock.now
      try program.run(inputs)
      return (clock.now - start) / .seconds(1)
    }
    (threads, precision, notice) = (options.threads, options.precision, running.notice)
    peakMemoryBytes = SystemFiles.peakMemoryBytes
    profile = profiles ? program.profile.since(before) : nil
    options.profiles = false
    roofline = profiles ? try Roofline(options: options) : nil
  }

  /// Input and gradient → hidden states and the gradients of the input and of each weight.
  private static func computation(
    _ settings: Settings, registry: ParameterRegistry
  ) throws(GraphError) -> Computation {
    let model = Sequential {
      Bidirectional(LSTM(settings.units, returnsSequences: true))
      Bidirectional(LSTM(settings.units, returnsSequences: true))
    }
    let shape: Shape = [settings.batchSize, settings.tokens, settings.units]
    let traced = try trace(
      model, input: TensorType(shape), for: .training, registry: registry)
    let gradient = try Node.placeholder("gradient", traced.output.type)
    let results = try gradients(
      of: traced.output, along: gradient, with: [traced.input] + traced.parameters.map(\.value))
    return Computation(
      inputs: [traced.input, gradient], outputs: [traced.output] + results)
  }

  private static func numbers(_ type: TensorType, index: Int) -> Tensor {
    var stream = PhiloxStream(seed: 0, purpose: 0, epoch: 0, index: UInt64(index))
    let numbers = (0..<type.count).map { _ in Float.random(in: -1...1, using: &stream) }
    return Tensor(numbers, shape: type.shape)
  }
}

extension BidirectionalLSTMBenchmark {
  /// The figures as `apus benchmark step bilstm --json` prints them.
  public var json: JSON {
    var members: [String: JSON] = [
      "milliseconds": .number(seconds * 1e3), "tokensPerSecond": .number(tokensPerSecond),
      "peakMemoryBytes": .integer(peakMemoryBytes),
      "samples": .array(samples.map { .number($0 * 1e3) }),
      "planSeconds": .number(planningSeconds), "batchSize": .integer(settings.batchSize),
      "tokens": .integer(settings.tokens), "units": .integer(settings.units),
      "threads": .integer(threads), "precision": .string(precision.rawValue),
    ]
    if let profile, let roofline {
      members.merge(profile.json(beside: roofline)) { own, _ in own }
    }
    return .object(members)
  }
}
