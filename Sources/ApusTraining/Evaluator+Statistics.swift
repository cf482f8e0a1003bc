import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors

extension Evaluator {
  /// Takes the running statistics of batch normalization anew ("PreciseBN"): each becomes the mean or the biased
  /// variance of all values that its layer is given in batches of a source's first epoch.
  ///
  /// Those of training trail the weights, are of examples as training changes them, and remember where it left
  /// its course; after few steps they can be far from what the final weights make. Here each batch is normalized
  /// by its own statistics, and dropout is as in prediction. A few thousand examples are enough, in an order that
  /// mixes the classes and in batches as large as those of training. Statistics of frozen layers stay, and where
  /// anything fails all do.
  ///
  /// - Parameters:
  ///   - source: batches of inputs and targets; targets are not used.
  ///   - limit: how many batches are used, from 1; the whole epoch where nil.
  /// - Throws: ``TrainingError`` where there are no examples or the limit is below 1, `GraphError`, `ProgramError`
  ///   and whatever the source throws.
  ///
  /// Reference: Wu, Johnson (2021), "Rethinking 'Batch' in BatchNorm", arXiv:2105.07576, §3.
  public func recomputeStatistics(on source: some TrainingSource, batches limit: Int? = nil) throws
  {
    guard limit ?? 1 >= 1 else {
      throw TrainingError.settings("statistics cannot be taken of \(limit ?? 0) batches")
    }
    var programs = ProgramCache()
    var traced: [TensorType: [BatchMoments]] = [:]
    var layers: [Variable: RunningMoments] = [:]
    let cursor = try source.batches(ofEpoch: 0, skipping: 0)
    var draw = 0
    while draw < limit ?? .max, let inputs = try cursor.next()?[0] {
      let program = try programs.program(for: [inputs.type]) { types in
        let input = try Node.placeholder("inputs", types[0])
        let trace = try forward(input, for: .statistics).trace
        traced[types[0]] = trace.moments
        let computation = Computation(
          inputs: [input] + (trace.key.map { [$0] } ?? []),
          outputs: trace.moments.flatMap { [$0.mean.value, $0.variance.value] })
        return try Program(computation, store: store, options: options)
      }
      try run(program, on: [inputs], seed: 0, draw: draw)
      draw += 1
      for (index, batch) in (traced[inputs.type] ?? []).enumerated() {
        layers[batch.mean.variable, default: RunningMoments(for: batch)].add(
          means: program.output(2 * index).doubles,
          variances: program.output(2 * index + 1).doubles, of: batch.count)
      }
    }
    guard draw > 0, layers.values.allSatisfy({ $0.count > 0 }) else {
      throw TrainingError.noExamples
    }
    for moments in layers.values {
      store[moments.mean] = moments.meanTensor
      store[moments.variance] = moments.varianceTensor
    }
  }
}

/// The mean and the variance of each channel over all batches so far.
///
/// Reference: Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance", The American
/// Statistician 37.
private struct RunningMoments {
  let mean: Variable
  let variance: Variable
  private(set) var count = 0.0
  private var means: [Double]
  /// Sums of squared distances from the mean.
  private var squares: [Double]

  init(for batch: BatchMoments) {
    mean = batch.mean.variable
    variance = batch.variance.variable
    means = [Double](repeating: 0, count: batch.mean.value.type.count)
    squares = means
  }

  /// Adds a batch of `number` values a channel.
  mutating func add(means other: [Double], variances: [Double], of number: Int) {
    let (before, added) = (count, Double(number))
    count += added
    guard count > 0 else { return }
    for channel in means.indices {
      let distance = other[channel] - means[channel]
      means[channel] += distance * added / count
      squares[channel] += variances[channel] * added + distance * distance * before * added / count
    }
  }

  var meanTensor: Tensor { Tensor(means.map { Float($0) }, shape: mean.type.shape) }

  var varianceTensor: Tensor {
    Tensor(squares.map { Float($0 / count) }, shape: variance.type.shape)
  }
}
