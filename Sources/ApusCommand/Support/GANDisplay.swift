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
    /// The newest means, as a line says them.
    var measures = ""
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
    line.log("Run \(screen.styled(folder.path, .bold))")
  }

  /// Something happened in the training.
  func report(_ event: AdversarialEvent) {
    switch event {
    case .planned(let plan): line.log(Self.sentence(plan))
    case .notice(let text):
      line.clear()
      Output.note("Note: \(text)")
    case .step(let progress): line.show(running(progress))
    case .means(let progress): state.withLock { $0.measures = Self.measures(progress) }
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
      + "\(plan.criticParameterCount.grouped), \(plan.steps.grouped) steps\(start)"
  }

  private func running(_ progress: AdversarialProgress) -> String {
    state.withLock { state in
      state.speed.add(
        step: progress.step, examples: progress.examples, seconds: progress.seconds)
      let done = Double(progress.step) / Double(max(1, progress.steps))
      let bar = progressBar(done, width: 16, hasUnicode: screen.hasUnicode)
      let measures = state.measures.isEmpty ? Self.measures(progress) : state.measures
      var parts = ["\(progress.step.grouped)/\(progress.steps.grouped) \(bar)", measures]
      if let rate = state.speed.examplesPerSecond { parts.append("\(Int(rate).grouped) images/s") }
      if let seconds = state.speed.seconds(forSteps: progress.steps - progress.step) {
        parts.append("\(Duration.wholeSeconds(seconds)) left")
      }
      return parts.joined(separator: "  ")
    }
  }

  private func sampled(_ step: Int) -> String {
    state.withLock { state in
      let rate = state.speed.examplesPerSecond.map { "  \(Int($0).grouped) images/s" } ?? ""
      return "step \(step.grouped)  \(state.measures)\(rate)"
    }
  }

  private static func measures(_ progress: AdversarialProgress) -> String {
    var parts = ["distance \(progress.distance.fixed(3))"]
    if let penalty = progress.penalty { parts.append("penalty \(penalty.fixed(3))") }
    if let slope = progress.gradientNorm { parts.append("gradient norm \(slope.fixed(3))") }
    return parts.joined(separator: "  ")
  }
}
