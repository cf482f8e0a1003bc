import ApusDatasets
import ApusTraining
import Glibc

/// The run of `fashion` in whose feature space pictures are compared where a person names none.
///
/// It is trained once and kept, so that the figures of all evaluations can be compared: a small
/// MobileNet on pictures of their own size.
enum FeatureRun {
  static let name = GANRecipe.name + "-features"

  private static var options: FashionOptions {
    var options = FashionOptions()
    options.epochs = 10
    options.side = GANRecipe.side
    options.width = 0.5
    options.firstWeights = .keras
    options.augmentation = .erase
    options.sharpness = 0
    options.auxiliaryWeight = 0
    options.classifierRateFactor = 1
    options.seed = 0
    return options
  }

  /// The finished run; trains it, or goes on with it, where it is not.
  static func prepared(
    data: String, threads: Int?,
    reportingTo report: @escaping @Sendable (TrainingEvent) -> Void,
    begun: @escaping @Sendable (RunFolder) -> Void
  ) async throws -> RunFolder {
    let folder = RunFolder(path: RunFolder.home + "/" + name)
    var options = options
    options.data = data
    options.threads = threads
    guard RunFolder.isFolder(folder.path) else {
      return try await FashionRecipe.train(
        options, output: folder.path, reportingTo: report, begun: begun
      ).folder
    }
    let record = try folder.record(of: FashionRecipe.name)
    guard record.status != .finished || !folder.hasWeights else { return folder }
    var resumed = FashionOptions()
    resumed.threads = threads
    return try await FashionRecipe.resume(
      folder, resumed, reportingTo: report, begun: begun
    ).folder
  }
}
