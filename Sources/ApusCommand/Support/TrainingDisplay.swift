import ApusApplications
import ApusTraining
import Synchronization

/// Shows how a training goes, on standard error.
final class TrainingDisplay: Sendable {
  private let isQuiet: Bool

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  func begin(_ folder: RunFolder) {
    if !isQuiet { Output.note("Run \(folder.path)") }
  }

  func report(_ event: TrainingEvent) {
    switch event {
    case .notice(let text): Output.note(text)
    case .epoch(let progress, _):
      guard !isQuiet else { return }
      let accuracy = progress.metrics["accuracy"] ?? 0
      Output.note(
        "epoch \(progress.epoch)/\(progress.epochs)  loss \(progress.loss.fixed(4))  accuracy \(accuracy.percent())  \(progress.seconds.duration)"
      )
    default: break
    }
  }

  func stopping() { Output.note("Stopping after this step; Ctrl-C again leaves at once.") }
  func end() {}
}
