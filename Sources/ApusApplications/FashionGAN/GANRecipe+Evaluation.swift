import ApusDatasets
import ApusSampleQuality
import ApusTensors
import ApusTraining

extension GANRecipe {
  /// What is evaluated, and beside what.
  public struct EvaluationRequest: Sendable, Hashable {
    /// The folder with the real pictures; nil for the run's own, or where Debian puts them.
    public var data: String?
    /// The run of `fashion` whose features are compared, a path or a name; nil for the recipe's own.
    public var features: String?
    /// Uses only so many generated and real pictures.
    public var limit: Int?
    /// Gives the noise that a run's pictures are made of.
    public var seed: UInt64 = 0
    public var threads: Int?

    public init() {}

    /// Checks the numbers, and that the run of the features is there.
    fileprivate func check() throws(RunError) {
      if let limit { try expect(limit >= 1, "limit", "at least 1", limit) }
      if let features { _ = try RunFolder.find(features).record(of: FashionRecipe.name) }
    }
  }

  /// The pictures that a run makes for its evaluation.
  static let evaluatedSamples = 10_000

  /// Whether a path that a person named is one of pictures rather than of a run.
  public static func holdsPictures(_ path: String) -> Bool { PictureFiles.holdsPictures(path) }

  /// Compares what a finished run makes with the test pictures.
  ///
  /// - Parameters:
  ///   - report: called with the training of the classifier, where it is trained.
  ///   - begun: called with the folder of the classifier that is trained.
  /// - Throws: `CancellationError` where the task is cancelled; what the classifier has learnt is kept.
  public static func evaluate(
    _ folder: RunFolder, _ request: EvaluationRequest,
    reportingTo report: @escaping @Sendable (TrainingEvent) -> Void = { _ in },
    begun: @escaping @Sendable (RunFolder) -> Void = { _ in }
  ) async throws -> SampleQuality {
    try request.check()
    let settings = try settings(of: folder, threads: request.threads)
    let count = min(request.limit ?? .max, evaluatedSamples)
    let inputs = inputs(
      settings, count: count, seed: request.seed, label: { $0 % classes.count })
    let samples = try pictures(from: inputs, folder, settings)
    try Task.checkCancellation()
    return try await evaluate(
      samples, request, data: request.data ?? settings.data, report, begun)
  }

  /// Compares pictures that somebody else made with the test pictures.
  ///
  /// - Parameter path: a `.npy` or `.npz` file, or a folder of PNG files.
  public static func evaluate(
    picturesAt path: String, _ request: EvaluationRequest,
    reportingTo report: @escaping @Sendable (TrainingEvent) -> Void = { _ in },
    begun: @escaping @Sendable (RunFolder) -> Void = { _ in }
  ) async throws -> SampleQuality {
    try request.check()
    let samples = try PictureFiles.read(path, limit: request.limit)
    return try await evaluate(
      samples, request, data: request.data ?? FashionMNIST.defaultFolder, report, begun)
  }

  private static func evaluate(
    _ samples: Tensor, _ request: EvaluationRequest, data: String,
    _ report: @escaping @Sendable (TrainingEvent) -> Void,
    _ begun: @escaping @Sendable (RunFolder) -> Void
  ) async throws -> SampleQuality {
    let real = try FashionMNIST.load(from: data).test.limited(to: request.limit ?? .max)
    guard real.height == side, real.width == side else {
      throw RunError.setting("--data: expected pictures of 28 × 28, got \(real.pixels.type)")
    }
    for count in [samples.shape[0], real.count] where count <= PrecisionRecall.neighbours {
      throw SampleQualityError.tooFew(count: count, needed: PrecisionRecall.neighbours + 1)
    }
    let folder: RunFolder
    if let features = request.features {
      folder = try RunFolder.find(features)
    } else {
      folder = try await FeatureRun.prepared(
        data: data, threads: request.threads, reportingTo: report, begun: begun)
    }
    try Task.checkCancellation()
    let classifier = try FashionFeatures(of: folder, threads: request.threads)
    return try SampleQuality(of: samples, beside: real.pixels, by: classifier)
  }
}
