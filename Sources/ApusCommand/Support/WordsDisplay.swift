import ApusApplications
import ApusTerminal

/// Shows how a training of word vectors goes, on standard error.
///
/// On a terminal one line is drawn over, and each epoch leaves one behind; elsewhere only those are written.
final class WordsDisplay: Sendable {
  private let screen: Screen
  private let line: ProgressLine
  private let isQuiet: Bool

  init(isQuiet: Bool, screen: Screen = .error) {
    self.screen = screen
    self.isQuiet = isQuiet
    line = ProgressLine(on: screen, isQuiet: isQuiet)
  }

  /// The folder of the run is made.
  func begin(_ folder: RunFolder) {
    line.log("Run \(screen.styled(folder.path.escapingControls, .bold))")
  }

  /// Something happened in the training.
  func report(_ event: WordsEvent) {
    switch event {
    case .notice(let text):
      guard !isQuiet else { return }
      line.clear()
      Output.note("Note: \(text)")
    case .reading(let tokens): line.show("reading  \(tokens.grouped) words")
    case .vocabulary(let words, let facts, let seconds):
      line.log(
        "\(facts.tokens.grouped) words of text, \(words.grouped) in the vocabulary, read in "
          + Duration.seconds(seconds).readable)
    case .step(let progress): line.show(running(progress))
    case .epoch(let progress): line.log(done(progress))
    }
  }

  /// A signal asked to stop.
  func stopping() {
    line.clear()
    Output.note("Stopping; a second Ctrl-C leaves at once.")
  }

  /// Nothing more will be shown.
  func end() { line.clear() }

  private func running(_ progress: WordsProgress) -> String {
    let epoch = min(progress.words.epochs + 1, progress.totalEpochs)
    var parts = [measures(progress)]
    if let left = progress.secondsLeft { parts.append("\(Duration.seconds(left).readable) left") }
    return screen.progressText(
      "epoch \(epoch)/\(progress.totalEpochs)", progress.words.fraction, parts)
  }

  private func done(_ progress: WordsProgress) -> String {
    [
      "epoch \(progress.words.epochs)/\(progress.totalEpochs)", measures(progress),
      Duration.seconds(progress.seconds).readable,
    ].joined(separator: "  ")
  }

  private func measures(_ progress: WordsProgress) -> String {
    var parts: [String] = []
    if let loss = progress.words.loss { parts.append("loss \(loss.fixed(4))") }
    parts.append("rate \(progress.words.learningRate.fixed(5))")
    parts.append("\(Int(progress.wordsPerSecond).grouped) words/s")
    return parts.joined(separator: "  ")
  }
}
