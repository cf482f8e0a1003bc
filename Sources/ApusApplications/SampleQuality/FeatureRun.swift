import ApusDatasets
import ApusFormats
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
  ///
  /// - Throws: `CancellationError` where the task is cancelled while it is trained, which the next call goes on
  ///   with.
  static func prepared(
    data: String, threads: Int?,
    reportingTo report: @escaping @Sendable (TrainingEvent) -> Void,
    begun: @escaping @Sendable (RunFolder) -> Void
  ) async throws -> RunFolder {
    let folder = RunFolder(path: RunFolder.home + "/" + name)
    var options = options
    options.data = data
    options.threads = threads
    let purpose =
      "pictures are compared in the features of a classifier, which is trained for that once"
    guard RunFolder.isFolder(folder.path) else {
      report(.notice(purpose))
      return try finished(
        await FashionRecipe.train(
          options, output: folder.path, reportingTo: report, begun: begun))
    }
    let record = try folder.record(of: FashionRecipe.name)
    if let notice = try notice(about: FashionSettings(in: record, of: folder), options, of: folder)
    {
      report(.notice(notice))
    }
    guard record.status != .finished || !folder.hasWeights else { return folder }
    report(.notice(purpose))
    var resumed = FashionOptions()
    resumed.threads = threads
    return try finished(
      await FashionRecipe.resume(folder, resumed, reportingTo: report, begun: begun))
  }

  private static func finished(_ outcome: TrainingOutcome) throws -> RunFolder {
    guard outcome.result != nil else { throw CancellationError() }
    return outcome.folder
  }

  /// What to tell of a run that is there already where it is not the one that would be trained.
  private static func notice(
    about recorded: FashionSettings, _ options: FashionOptions, of folder: RunFolder
  ) throws(RunError) -> String? {
    var wanted = try options.settings()
    let isOfTheData = AtomicFile.isSame(wanted.data, recorded.data)
    (wanted.data, wanted.threads) = (recorded.data, recorded.threads)
    // A small set of images is one batch.
    wanted.batchSize = min(wanted.batchSize, recorded.batchSize)
    if isOfTheData, wanted == recorded { return nil }
    return "the features are those of \(folder.path), a run on \(recorded.data)"
      + (wanted == recorded ? "" : " with other settings than today's")
      + "; without that folder they are trained anew"
  }
}
