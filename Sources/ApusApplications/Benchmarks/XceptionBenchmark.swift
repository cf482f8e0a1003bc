import ApusEngine
import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors
import ApusTraining

/// What the benchmarks of Xception run on: random pictures and the first weights.
public struct XceptionBenchmark: Sendable {
  /// Width and height of the pictures.
  public var side = 299
  public var batchSize = 16
  public var precision = Precision.float32
  public var threads = Machine.coreCount

  /// The classes of the classifier that is fine-tuned.
  static let classes = 10
  /// About the bytes that a batch takes for each pixel.
  private static let bytesOfAPixel = 340.0
  /// The first block that the fine-tuning step trains.
  static let firstTrainableBlock = 13

  public init() {}

  /// Checks each setting.
  ///
  /// - Throws: ``RunError/setting(_:)`` with what was expected and what came.
  public func check() throws(RunError) {
    guard 71...1024 ~= side else {
      throw .setting("--side: expected 71 to 1024 pixels, got \(side)")
    }
    guard 1...1024 ~= batchSize else {
      throw .setting("--batch-size: expected 1 to 1024, got \(batchSize)")
    }
  }

  private func checkWithMemory() throws(RunError) {
    try check()
    try expectMemory(
      250e6 + Double(batchSize * side * side) * Self.bytesOfAPixel,
      for: "\(batchSize) pictures of \(side) × \(side) pixels",
      advice: "give a smaller --batch-size or --side")
  }

  /// The time of the averaged features of a batch, without classifier.
  public func forward(samples: Int, profiles: Bool) throws -> StepBenchmark {
    try checkWithMemory()
    let features = Block("Features") { (input, scope) throws(GraphError) in
      let picture = try Xception(includesTop: false)(input, in: scope)
      return try GlobalAveragePooling2D()(picture, in: scope)
    }
    return try noted(
      StepBenchmark(
        forward: features, input: input, samples: samples, profiles: profiles, options: options))
  }

  /// The time of a step that trains blocks 13 and 14 and the classifier with Adam; the blocks before
  /// are frozen.
  public func step(samples: Int, profiles: Bool) throws -> StepBenchmark {
    try checkWithMemory()
    let model = Xception(
      classes: Self.classes, firstTrainableBlock: Self.firstTrainableBlock)
    let recipe = TrainingRecipe(
      model: model, loss: SoftmaxCrossEntropyLoss(), metrics: [], optimizer: Adam())
    return try noted(
      StepBenchmark(
        recipe, input: input, classes: Self.classes, samples: samples, profiles: profiles,
        options: options))
  }

  private var input: TensorType { TensorType([batchSize, side, side, 3]) }

  private var running: (precision: Precision, notice: String?) {
    FashionRecipe.precision(running: precision)
  }

  private var options: EngineOptions {
    EngineOptions(threads: threads, precision: running.precision)
  }

  private func noted(_ benchmark: StepBenchmark) -> StepBenchmark {
    var benchmark = benchmark
    benchmark.notice = running.notice
    return benchmark
  }
}
