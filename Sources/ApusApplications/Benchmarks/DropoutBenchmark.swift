import ApusEngine
import ApusGraph
import ApusLayers
import ApusNumerics
import ApusTensors

/// Bias, ReLU and dropout of a dense layer's sums, one fused pass over the activations.
public struct DropoutBenchmark: Sendable {
  /// Rows of a step; the default has 64 MiB of activations, more than the caches hold.
  public var batchSize = 4096
  public var features = 4096
  public var rate = 0.5
  public var threads = Machine.coreCount

  public init() {}

  /// The time of a step on random numbers.
  public func step(samples: Int, profiles: Bool) throws -> StepBenchmark {
    let work = StepBenchmark.Work(
      name: "activations", count: batchSize * features,
      sizes: ["batchSize": batchSize, "features": features])
    return try StepBenchmark(
      work, samples: samples, profiles: profiles, options: EngineOptions(threads: threads)
    ) { registry in
      let computation = try computation()
      let inputs = computation.inputs.enumerated().map { index, input in
        input.type == .randomKey ? Tensor([Int64(0), 1]) : Self.numbers(input.type, index: index)
      }
      return StepBenchmark.Subject(computation: computation, inputs: inputs)
    }
  }

  /// Sums, bias and key → activations.
  private func computation() throws(GraphError) -> Computation {
    let type = TensorType([batchSize, features])
    let sums = try Node.placeholder("sums", type)
    let bias = try Node.placeholder("bias", TensorType([features]))
    let key = try Node.placeholder("key", .randomKey)
    let outputs = try (sums + bias).relu().dropout(rate: rate, key: key, stream: 0)
    return Computation(inputs: [sums, bias, key], outputs: [outputs])
  }

  private static func numbers(_ type: TensorType, index: Int) -> Tensor {
    var stream = PhiloxStream(seed: 0, purpose: 0, epoch: 0, index: UInt64(index))
    let numbers = (0..<type.count).map { _ in Float.random(in: -1...1, using: &stream) }
    return Tensor(numbers, shape: type.shape)
  }
}
