import ApusFormats
import ApusTensors
import ApusTraining
import Synchronization

/// Writes down what an adversarial trainer reports: the log of metrics, the grids of samples, and
/// the progress in `run.json`.
///
/// A trainer calls it from its thread and asks it for the note of each checkpoint. The first thing
/// that cannot be written is kept in ``failure``; nothing is written after it.
final class GANRecorder: Sendable {
  private struct State {
    var record: RunRecord
    let log: MetricsLog
    /// Those of the newest samples, as many as ``GANHealth`` looks at.
    var variances: [Double]
    var findings: Set<String> = []
    var hasBegun = false
    /// Whether a checkpoint was saved since the recorder was made.
    var hasSaved = false
    var failure: (any Error)?
  }

  private let folder: RunFolder
  private let settings: GANSettings
  /// Seconds of training before this process began.
  private let secondsBefore: Double
  private let onFailure: @Sendable () -> Void
  private let state: Mutex<State>

  /// A recorder of a run that begins, or goes on from `checkpoint`.
  ///
  /// - Parameter onFailure: called when something cannot be written; training should stop then.
  /// - Throws: ``RunError/damaged(file:reason:)`` where the checkpoint's note makes no sense.
  init(
    _ folder: RunFolder, _ record: RunRecord, _ settings: GANSettings,
    from checkpoint: Checkpoint?, onFailure: @escaping @Sendable () -> Void
  ) throws {
    self.folder = folder
    self.settings = settings
    self.onFailure = onFailure
    let note = CheckpointNote(entries: checkpoint?.note ?? [:], folder: folder.checkpointFolder)
    secondsBefore = try note.number("seconds", below: 1e12)
    let log = try MetricsLog(folder, through: checkpoint?.step ?? 0)
    state = Mutex(
      State(record: record, log: log, variances: try note.numbers("variances", below: 1e12)))
  }

  var record: RunRecord { state.withLock { $0.record } }
  var lines: [MetricsLine] { state.withLock { $0.log.lines } }
  /// Whether anything was written: not before the trainer has found the checkpoint to be of this run.
  var hasBegun: Bool { state.withLock { $0.hasBegun } }
  var hasSaved: Bool { state.withLock { $0.hasSaved } }
  var failure: (any Error)? { state.withLock { $0.failure } }
  var note: [String: String] {
    state.withLock { state in
      [
        "seconds": "\(state.record.timings.training)",
        "variances": state.variances.map { "\($0)" }.joined(separator: " "),
      ]
    }
  }

  /// Takes the results from the record, for the weights they are of are about to be replaced.
  func dropResults() throws {
    try state.withLock { state in
      state.record.results = nil
      try folder.write(&state.record)
    }
  }

  /// What is wrong with the training now, in sentences.
  var findings: [String] {
    state.withLock { GANHealth.findings(lines: $0.log.lines, variances: $0.variances) }
  }

  /// What is wrong and was not said before.
  func newFindings() -> [String] {
    state.withLock { state in
      GANHealth.findings(lines: state.log.lines, variances: state.variances)
        .filter { state.findings.insert($0).inserted }
    }
  }

  /// Writes down an event.
  func report(_ event: AdversarialEvent) {
    do {
      try state.withLock { state in
        if case .checkpoint = event { state.hasSaved = true }
        guard state.failure == nil else { return }
        do {
          try record(event, &state)
        } catch {
          state.failure = error
          throw error
        }
      }
    } catch {
      onFailure()
    }
  }

  private func record(_ event: AdversarialEvent, _ state: inout State) throws {
    switch event {
    case .planned:
      state.hasBegun = true
      try state.log.begin()
      try folder.write(&state.record)
    case .notice, .stopped: break
    case .step(let progress):
      state.record.timings.training = secondsBefore + progress.seconds
      state.record.progress.steps = progress.step
      state.record.progress.epochs = Int(progress.epochs)
    case .means(let progress): try state.log.append(line(progress, after: state.log.lines.last))
    case .samples(let step, let values):
      let pictures = GANRecipe.pictures(of: values)
      if step >= GANHealth.firstStep {
        state.variances = (state.variances + [GANHealth.variance(of: pictures)])
          .suffix(GANHealth.sampleCount)
      }
      let mosaic = ImageMosaic(columns: GANRecipe.gridSide).picture(of: pictures)
      try folder.writePicture(PNG.encode(mosaic), named: GANRecipe.gridName(ofStep: step))
    case .checkpoint:
      try folder.write(&state.record)
    }
  }

  private func line(_ progress: AdversarialProgress, after last: MetricsLine?) -> MetricsLine {
    let seconds = secondsBefore + progress.seconds
    let images = (progress.step - (last?.step ?? 0)) * settings.criticSteps * settings.batchSize
    let elapsed = seconds - (last?.seconds ?? 0)
    var line = MetricsLine(
      kind: .steps, epoch: progress.epochs, step: progress.step, loss: progress.criticLoss,
      learningRate: settings.learningRate, seconds: seconds,
      imagesPerSecond: elapsed > 0 ? Double(images) / elapsed : nil)
    line.distance = progress.distance
    line.penalty = progress.penalty
    line.gradientNorm = progress.gradientNorm
    line.generatorLoss = progress.generatorLoss
    return line
  }
}

extension GANRecipe {
  /// The rows and columns of a grid of samples.
  static let gridSide = 6

  /// The name of the animation of all grids, without the extension.
  static let animationName = "training"

  /// The name of the grid of samples after a step, without the extension.
  static func gridName(ofStep step: Int) -> String {
    let digits = "\(step)"
    return "samples-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// The grids of samples of a run up to a step, the first step first.
  static func grids(
    of folder: RunFolder, through last: Int
  ) throws(RunError) -> [(step: Int, path: String)] {
    guard RunFolder.isFolder(folder.picturesFolder) else { return [] }
    return try RunFolder.entries(of: folder.picturesFolder).compactMap { name in
      guard name.hasPrefix("samples-"), name.hasSuffix(".png"),
        let step = Int(name.dropFirst(8).dropLast(4)), step <= last
      else { return nil }
      return (step, folder.picturesFolder + "/" + name)
    }.sorted { $0.step < $1.step }
  }
}
