import ApusApplications
import ApusTerminal
import ApusTraining
import Synchronization

/// Shows how a training goes, on standard error.
///
/// On a terminal one line is drawn over, and each epoch leaves one behind; elsewhere only those are written.
final class TrainingDisplay: Sendable {
  private let screen: Screen
  private let line: ProgressLine
  private let speed = Mutex(SpeedMeter())

  init(isQuiet: Bool, screen: Screen = .error) {
    self.screen = screen
    line = ProgressLine(on: screen, isQuiet: isQuiet)
  }

  /// The folder of the run is made.
  func begin(_ folder: RunFolder) {
    line.log("Run \(screen.styled(folder.path.escapingControls, .bold))")
  }

  /// Something happened in the training.
  func report(_ event: TrainingEvent) {
    switch event {
    case .planned(let plan): line.log(Self.sentence(plan))
    case .notice(let text):
      line.clear()
      Output.note("Note: \(text)")
    case .step(let progress):
      speed.withLock {
        $0.add(step: progress.step, examples: progress.examples, seconds: progress.seconds)
      }
      line.show(running(progress))
    case .epoch(let progress, _): line.log(done(progress))
    case .checkpoint: break
    case .stopped(let reason):
      if reason == .finished { line.showNow("Evaluating …") }
    }
  }

  /// A signal asked to stop.
  func stopping() {
    line.clear()
    Output.note("Stopping after this step; a second Ctrl-C leaves at once.")
  }

  /// Nothing more will be shown.
  func end() { line.clear() }

  private static func sentence(_ plan: TrainingPlan) -> String {
    let start = plan.stepsDone > 0 ? ", going on after step \(plan.stepsDone.grouped)" : ""
    return "\(plan.parameterCount.grouped) parameters, \(plan.epochs.counted("epoch")) of "
      + "\(plan.stepsPerEpoch.counted("step"))\(start), planned in \(plan.planningSeconds.fixed(2)) s"
  }

  private func running(_ progress: TrainingProgress) -> String {
    let done = Double(progress.stepInEpoch) / Double(max(1, progress.stepsPerEpoch))
    var parts = [measures(progress, digits: 3)]
    speed.withLock { speed in
      if let rate = speed.examplesPerSecond { parts.append("\(Int(rate).grouped) images/s") }
      let rest = progress.epochs * progress.stepsPerEpoch - progress.step
      if let seconds = speed.seconds(forSteps: rest) {
        parts.append("\(Duration.wholeSeconds(seconds)) left")
      }
    }
    return screen.progressText(epoch(progress), done, parts)
  }

  private func done(_ progress: TrainingProgress) -> String {
    let rate = Double(progress.examples) / max(progress.seconds, 1e-9)
    return [
      epoch(progress), measures(progress, digits: 4), "\(Int(rate).grouped) images/s",
      Duration.seconds(progress.seconds).readable,
    ].joined(separator: "  ")
  }

  private func epoch(_ progress: TrainingProgress) -> String {
    let total = "\(progress.epochs)"
    return "epoch \("\(progress.epoch)".padded(toWidth: total.count, alignedRight: true))/\(total)"
  }

  /// - Parameter digits: those of the loss after its point; a share in per cent has two fewer.
  private func measures(_ progress: TrainingProgress, digits: Int) -> String {
    let accuracy = progress.metrics["accuracy"].map {
      "  accuracy \($0.percent(digits - 2))"
    }
    return "loss \(progress.loss.fixed(digits))\(accuracy ?? "")"
  }
}

extension Duration {
  /// A time that counts down without jumping digits.
  static func wholeSeconds(_ seconds: Double) -> String {
    seconds < 59.5 ? "\(Int(seconds.rounded())) s" : Duration.seconds(seconds).readable
  }
}
