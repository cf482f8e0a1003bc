import ApusLayers
import ApusModels
import ApusTensors

extension FashionRecipe {
  /// Times the forward pass of this recipe's model, as it predicts.
  ///
  /// - Parameter channels: those of the images; the recipe itself takes three.
  public static func benchmarkForward(
    _ options: FashionOptions, channels: Int, samples: Int, profiles: Bool
  ) throws -> StepBenchmark {
    var settings = try options.settings()
    settings.augmentation = .none
    settings.sharpness = 0
    try checkMemory(settings)
    let input = TensorType([settings.batchSize, settings.side, settings.side, channels])
    var benchmark = try StepBenchmark(
      forward: model(settings), input: input, samples: samples, profiles: profiles,
      options: engine(settings))
    benchmark.notice = precision(running: settings.precision).notice
    return benchmark
  }
}
