import ApusEngine
import ApusGraph
import ApusLayers
import ApusNumerics
import ApusTensors

/// Two bidirectional LSTMs one behind the other, forward and backward.
///
/// The gradient of the hidden states is given; those of the input and of all weights are results.
public struct BidirectionalLSTMBenchmark: Sendable {
  /// Sequences in a step.
  public var batchSize = 160
  /// Steps of each sequence.
  public var tokens = 300
  /// Units of each direction, and features of the input.
  public var units = 128
  public var precision = Precision.float32
  public var threads = Machine.coreCount

  public init() {}

  /// The time of a step on random numbers.
  public func step(samples: Int, profiles: Bool) throws -> StepBenchmark {
    try expectMemory(
      Double(batchSize * tokens * units) * 4 * Self.numbersOfAToken, for: "a step",
      advice: "give a smaller --batch-size, --tokens or --units")
    let running = FashionRecipe.precision(running: precision)
    let work = StepBenchmark.Work(
      name: "tokens", count: batchSize * tokens,
      sizes: ["batchSize": batchSize, "tokens": tokens, "units": units])
    var benchmark = try StepBenchmark(
      work, samples: samples, profiles: profiles,
      options: EngineOptions(threads: threads, precision: running.precision)
    ) { registry in
      let computation = try computation(registry)
      let inputs = computation.inputs.enumerated().map { Self.numbers($1.type, index: $0) }
      return StepBenchmark.Subject(computation: computation, inputs: inputs)
    }
    benchmark.notice = running.notice
    return benchmark
  }

  /// Input and gradient → hidden states and the gradients of the input and of each weight.
  package func computation(_ registry: ParameterRegistry) throws(GraphError) -> Computation {
    let model = Sequential {
      Bidirectional(LSTM(units, returnsSequences: true))
      Bidirectional(LSTM(units, returnsSequences: true))
    }
    let shape: Shape = [batchSize, tokens, units]
    let traced = try trace(
      model, input: TensorType(shape), for: .training, registry: registry)
    let gradient = try Node.placeholder("gradient", traced.output.type)
    let results = try gradients(
      of: traced.output, along: gradient, with: [traced.input] + traced.parameters.map(\.value))
    return Computation(
      inputs: [traced.input, gradient], outputs: [traced.output] + results)
  }

  /// What a token takes of float32 numbers for each unit.
  private static let numbersOfAToken = 33.0

  private static func numbers(_ type: TensorType, index: Int) -> Tensor {
    var stream = PhiloxStream(seed: 0, purpose: 0, epoch: 0, index: UInt64(index))
    let numbers = (0..<type.count).map { _ in Float.random(in: -1...1, using: &stream) }
    return Tensor(numbers, shape: type.shape)
  }
}
