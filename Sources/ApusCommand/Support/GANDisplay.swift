import ApusApplications
import ApusTerminal
import ApusTraining
import Synchronization

/// Shows how the training of a GAN goes, on standard error.
///
/// On a terminal one line is drawn over, and each grid of samples leaves one behind; elsewhere only
/// those are written.
final class GANDisplay: Sendable {
  private struct State {
    var speed = SpeedMeter()
    /// The newest means.
    var means: AdversarialProgress?
  }

  private let screen: Screen
  private let line: ProgressLine
  private let state = Mutex(State())

  init(isQuiet: Bool, screen: Screen = .error) {
    self.screen = screen
    line = ProgressLine(on: screen, isQuiet: isQuiet)
  }

  /// The folder of the run is made.
  func begin(_ folder: RunFolder) {
    line.log("Run \(screen.styled(folder.path.escapingControls, .bold))")
  }

  /// Something happened in the training.
  func report(_ event: AdversarialEvent) {
    switch event {
    case .planned(let plan): line.log(Self.sentence(plan))
    case .notice(let text):
      line.clear()
      Output.note("Note: \(text)")
    case .step(let progress): line.show(running(progress))
    case .means(let progress): state.withLock { $0.means = progress }
    case .samples(let step, _) where step > 0: line.log(sampled(step))
    case .samples, .checkpoint, .stopped: break
    }
  }

  /// A signal asked to stop.
  func stopping() {
    line.clear()
    Output.note("Stopping after this step; a second Ctrl-C leaves at once.")
  }

  /// Nothing more will be shown.
  func end() { line.clear() }

  private static func sentence(_ plan: AdversarialPlan) -> String {
    let start = plan.stepsDone > 0 ? ", going on after step \(plan.stepsDone.grouped)" : ""
    return "generator \(plan.generatorParameterCount.grouped) parameters, critic "
      + "\(plan.criticParameterCount.grouped), \(plan.steps.counted("step"))\(start)"
  }

  /// The line that is drawn over: without a bar, so that 80 columns hold what matters.
  private func running(_ progress: AdversarialProgress) -> String {
    state.withLock { state in
      state.speed.add(
        step: progress.step, examples: progress.examples, seconds: progress.seconds)
      var parts = ["\(progress.step.grouped)/\(progress.steps.grouped)"]
      parts += Self.measures(state.means ?? progress, norm: "norm")
      if let rate = state.speed.examplesPerSecond { parts.append("\(Int(rate).grouped) images/s") }
      if let seconds = state.speed.seconds(forSteps: progress.steps - progress.step) {
        parts.append("\(Duration.wholeSeconds(seconds)) left")
      }
      return parts.joined(separator: "  ")
    }
  }

  /// The line that stays with each grid of samples.
  private func sampled(_ step: Int) -> String {
    state.withLock { state in
      var parts = ["step \(step.grouped)"]
      if let means = state.means { parts += Self.measures(means, norm: "gradient norm") }
      if let rate = state.speed.examplesPerSecond { parts.append("\(Int(rate).grouped) images/s") }
      return parts.joined(separator: "  ")
    }
  }

  private static func measures(_ progress: AdversarialProgress, norm: String) -> [String] {
    var parts = ["distance \(progress.distance.fixed(3))"]
    if let penalty = progress.penalty { parts.append("penalty \(penalty.fixed(3))") }
    if let slope = progress.gradientNorm { parts.append("\(norm) \(slope.fixed(3))") }
    return parts
  }
}
