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
  ///   with; ``RunError`` where the run is of other data or of an earlier version's settings.
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
    try check(FashionSettings(in: record, of: folder), options, of: folder)
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

  /// Checks that a run that is there already is the one that would be trained.
  private static func check(
    _ recorded: FashionSettings, _ options: FashionOptions, of folder: RunFolder
  ) throws(RunError) {
    var wanted = try options.settings()
    let remedy =
      "name it with --features to compare in its features all the same, or remove it so that it is "
      + "trained anew"
    guard wanted.data == recorded.data || AtomicFile.isSame(wanted.data, recorded.data) else {
      throw .setting(
        "\(folder.path): was trained on \(recorded.data), expected \(wanted.data); \(remedy)")
    }
    (wanted.data, wanted.threads) = (recorded.data, recorded.threads)
    // A small set of images is one batch.
    wanted.batchSize = min(wanted.batchSize, recorded.batchSize)
    guard wanted == recorded else {
      throw .setting("\(folder.path): was trained with other settings than today's; \(remedy)")
    }
  }
}
