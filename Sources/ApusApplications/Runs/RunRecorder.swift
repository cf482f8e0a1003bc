import ApusTraining
import FoundationEssentials
import Synchronization

/// Writes down what a trainer reports: the log of metrics, and the progress in `run.json`.
///
/// A trainer calls it from its thread and asks it for the note of each checkpoint, which holds what the log
/// needs to go on with the same lines after a resume. The first thing that cannot be written is kept in
/// ``failure``; nothing is written after it.
final class RunRecorder: Sendable {
  private struct State {
    var record: RunRecord
    let log: MetricsLog
    var line: LineStart
    var hasBegun = false
    /// Whether a checkpoint was saved since the recorder was made.
    var hasSaved = false
    var failure: (any Error)?
  }

  private let folder: RunFolder
  private let examplesPerEpoch: Int
  private let batchSize: Int
  /// Seconds of training before this process began.
  private let secondsBefore: Double
  private let onFailure: @Sendable () -> Void
  private let state: Mutex<State>

  /// A recorder of a run that begins, or goes on from `checkpoint`.
  ///
  /// - Parameter onFailure: called when something cannot be written; training should stop then.
  /// - Throws: ``RunError/damaged(file:reason:)`` where the checkpoint's note makes no sense.
  init(
    _ folder: RunFolder, _ record: RunRecord, examplesPerEpoch: Int, batchSize: Int,
    from checkpoint: Checkpoint?, onFailure: @escaping @Sendable () -> Void
  ) throws {
    self.folder = folder
    self.examplesPerEpoch = examplesPerEpoch
    self.batchSize = batchSize
    self.onFailure = onFailure
    let note = CheckpointNote(entries: checkpoint?.note ?? [:], folder: folder.checkpointFolder)
    secondsBefore = try note.number("seconds", below: 1e12)
    let log = try MetricsLog(folder, through: checkpoint?.step ?? 0)
    state = Mutex(
      State(
        record: record, log: log, line: try LineStart(note)))
  }

  var record: RunRecord { state.withLock { $0.record } }
  var lines: [MetricsLine] { state.withLock { $0.log.lines } }
  /// Whether anything was written: not before the trainer has found the checkpoint to be of this run.
  var hasBegun: Bool { state.withLock { $0.hasBegun } }
  var hasSaved: Bool { state.withLock { $0.hasSaved } }
  var failure: (any Error)? { state.withLock { $0.failure } }

  /// Takes the results from the record, for the weights they are of are about to be replaced.
  func dropResults() throws {
    try state.withLock { state in
      state.record.results = nil
      try folder.write(&state.record)
    }
  }

  /// What a checkpoint keeps for the log.
  var note: [String: String] {
    state.withLock { state in
      var note = state.line.note
      note["seconds"] = "\(state.record.timings.training)"
      return note
    }
  }

  /// Writes down an event.
  func report(_ event: TrainingEvent) {
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

  private func record(_ event: TrainingEvent, _ state: inout State) throws {
    switch event {
    case .planned:
      state.hasBegun = true
      try state.log.begin()
      try folder.write(&state.record)
    case .notice, .stopped, .checkpoint: break
    case .step(let progress):
      state.record.timings.training = secondsBefore + progress.seconds
      state.record.progress.steps = progress.step
      // Twenty lines an epoch as evenly as steps allow, the last at its end.
      let (done, count) = (progress.stepInEpoch, progress.stepsPerEpoch)
      guard done * 20 / count > (done - 1) * 20 / count else { return }
      let end = LineStart(progress, examples: examples(after: progress))
      let before = state.log.lines.last?.seconds ?? 0
      try state.log.append(end.line(since: state.line, progress, secondsBefore, from: before))
      state.line = done == count ? LineStart() : end
    case .epoch(let progress, _):
      let whole = LineStart(progress, examples: examplesPerEpoch)
      let before = state.log.lines.last { $0.kind == .epoch }?.seconds ?? 0
      var line = whole.line(since: LineStart(), progress, secondsBefore, from: before)
      line.kind = .epoch
      try state.log.append(line)
      state.record.progress.epochs = progress.epoch
      try folder.write(&state.record)
    }
  }

  /// The examples of the epoch that were used up to a step.
  private func examples(after progress: TrainingProgress) -> Int {
    min(progress.stepInEpoch * batchSize, examplesPerEpoch)
  }
}

/// Means since an epoch began, at the step where a line of the log begins.
private struct LineStart {
  var examples = 0
  var loss = 0.0
  var accuracy = 0.0

  init() {}

  init(_ progress: TrainingProgress, examples: Int) {
    self.examples = examples
    loss = progress.loss
    accuracy = progress.metrics["accuracy"] ?? 0
  }

  init(_ note: CheckpointNote) throws(RunError) {
    examples = Int(try note.number("lineExamples", below: 1e12))
    loss = try note.number("lineLoss", below: .greatestFiniteMagnitude)
    accuracy = try note.number("lineAccuracy", below: 2)
  }

  var note: [String: String] {
    ["lineExamples": "\(examples)", "lineLoss": "\(loss)", "lineAccuracy": "\(accuracy)"]
  }

  /// The line about the examples between `start`, at second `from` of training, and here.
  func line(
    since start: LineStart, _ progress: TrainingProgress, _ secondsBefore: Double, from: Double
  ) -> MetricsLine {
    let count = Double(max(1, examples - start.examples))
    let seconds = secondsBefore + progress.seconds
    func mean(_ mean: (LineStart) -> Double) -> Double {
      (mean(self) * Double(examples) - mean(start) * Double(start.examples)) / count
    }
    let inEpoch = Double(progress.stepInEpoch) / Double(max(1, progress.stepsPerEpoch))
    return MetricsLine(
      kind: .steps, epoch: Double(progress.epoch - 1) + inEpoch, step: progress.step,
      loss: mean(\.loss),
      accuracy: progress.metrics["accuracy"] == nil ? nil : mean(\.accuracy),
      learningRate: progress.learningRate, seconds: seconds,
      imagesPerSecond: seconds > from ? count / (seconds - from) : nil)
  }
}
