import ApusApplications
import ApusDatasets
import ApusTerminal
import ApusWordVectors
import ArgumentParser

/// `apus train words`.
struct TrainWordsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "words",
    abstract: "Word vectors from running text: skip-gram and CBOW.",
    usage: "apus train words <corpus> ... [<options>]",
    discussion: """
      Reads text from files (plain, gzip or .xz, told by their first bytes), from all \
      files of folders, or from standard input (-). The text is read once; memory grows \
      with the vocabulary only. With several threads the result differs a little from \
      run to run; --deterministic trains with one thread, which gives the same bits each \
      time and costs the speed of the others. Ctrl-C saves and says how to go on.

      EXAMPLES
        apus train words corpus.txt.xz
        apus train words texts/ --model cbow --size 300 --epochs 10
        xz -dc corpus.xz | apus train words - --tokens blanks --output runs/mine
        apus train words --resume words-1
      """)

  @Argument(help: "Files or folders with text; - for standard input.")
  var corpus: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "keras: CBOW with the sum of a fixed window, sampled softmax, subsampling at 0.00001.",
      valueName: "name"))
  var preset: WordsPreset?

  @Option(
    name: .long, help: ArgumentHelp("What predicts what.\(note("skip-gram"))", valueName: "kind"))
  var model: WordTrainingSettings.Model?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What pairs are trained with.\(note("negative-sampling"))", valueName: "kind"))
  var loss: WordTrainingSettings.Loss?

  @Option(name: .long, help: ArgumentHelp("Numbers of a vector.\(note("100"))", valueName: "n"))
  var size: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("The most words on each side of a centre.\(note("5"))", valueName: "n"))
  var window: Int?

  @Flag(name: .long, help: "Use the whole window; else each centre's is drawn from 1 on.")
  var fixedWindow = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Negative words of a pair. (default: 5; 16 with sampled-softmax)", valueName: "n"))
  var negatives: Int?

  @Flag(name: .long, help: "With sampled-softmax: a word's input and output vector are one.")
  var shareVectors = false

  @Option(
    name: .long,
    help: ArgumentHelp("Words that come less often get no vector.\(note("5"))", valueName: "n"))
  var minCount: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Words with a larger share of the text are thinned out; 0 for none.\(note("0.001"))",
      valueName: "share"))
  var subsample: Double?

  @Option(name: .long, help: ArgumentHelp("Passes over the text.\(note("5"))", valueName: "n"))
  var epochs: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The learning rate at the start. (default: 0.04 for skip-gram, 0.05 for CBOW, 0.025 for "
        + "skip-gram with hierarchical softmax, 0.001 for sampled softmax)", valueName: "rate"))
  var learningRate: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The learning rate at the end. (default: 0.0001; that of the start with sampled softmax)",
      valueName: "rate"))
  var finalLearningRate: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The most different words to count at a time; beyond that the rarest are forgotten."
        + note("10000000"), valueName: "n"))
  var vocabularyLimit: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("What a token is.\(note("words"))", valueName: "kind"))
  var tokens: TextOptions.Tokens?

  @Option(
    name: .long,
    help: ArgumentHelp("What a sentence is.\(note("lines"))", valueName: "kind"))
  var sentences: TextOptions.Sentences?

  @Flag(name: .long, help: "Keep capital letters.")
  var keepCase = false

  @Option(
    name: .long,
    help: ArgumentHelp("Bring tokens to a normal form of Unicode: nfc or nfkc.", valueName: "form"))
  var normalize: TextOptions.Normalization?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Passes that join pairs of words that often come together.\(note("0"))", valueName: "n"))
  var phrases: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The score from which a pair is joined.\(note("100"))", valueName: "score"))
  var phraseThreshold: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Start from the words and vectors of an earlier run, with its --size and --loss; words that are "
        + "new in this text are added.", valueName: "run"))
  var startFrom: String?

  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "Train with one thread: one seed gives one result.")
  var deterministic = false

  @Option(
    name: .long,
    help: ArgumentHelp("Gives first vectors and all that is drawn.\(note("0"))", valueName: "n"))
  var seed: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder of the run, empty or new. (default: the next runs/words-N)", valueName: "dir"))
  var output: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Seconds between checkpoints.\(note("60"))", valueName: "seconds"))
  var checkpointEvery: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Go on with a run that was interrupted; it keeps its settings, --threads and --quiet may "
        + "be given anew.", valueName: "run"))
  var resume: String?

  @Flag(name: .long, help: "Show no progress.")
  var quiet = false

  @OptionGroup var results: ResultOptions

  private static func note(_ value: String) -> String { " (default: \(value))" }

  func validate() throws {
    try refuseEmptyFolders([("--output", output), ("--resume", resume)])
    guard !corpus.contains("") else {
      throw ValidationError("<corpus>: expected files or folders, got an empty text")
    }
    guard resume == nil else {
      if let option = changed {
        throw ValidationError("--resume goes on with the run's own settings; leave \(option) out")
      }
      return
    }
    if phraseThreshold != nil, phrases ?? 0 == 0 {
      throw ValidationError("--phrase-threshold goes with --phrases")
    }
    // A run that is started from may say more.
    if startFrom == nil { try check(settings) }
  }

  private func check(_ settings: WordsSettings) throws(ValidationError) {
    if negatives != nil, settings.training.loss == .hierarchicalSoftmax {
      throw ValidationError("--negatives: --loss hierarchical-softmax draws none")
    }
    do {
      try settings.check()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// An option given that a resumed run does not take.
  private var changed: String? {
    let given: [(String, Bool)] = [
      ("<corpus>", !corpus.isEmpty), ("--preset", preset != nil),
      ("--share-vectors", shareVectors), ("--normalize", normalize != nil),
      ("--phrases", phrases != nil), ("--phrase-threshold", phraseThreshold != nil),
      ("--start-from", startFrom != nil), ("--model", model != nil), ("--loss", loss != nil),
      ("--size", size != nil), ("--window", window != nil), ("--fixed-window", fixedWindow),
      ("--negatives", negatives != nil), ("--min-count", minCount != nil),
      ("--subsample", subsample != nil), ("--epochs", epochs != nil),
      ("--learning-rate", learningRate != nil),
      ("--final-learning-rate", finalLearningRate != nil),
      ("--vocabulary-limit", vocabularyLimit != nil), ("--tokens", tokens != nil),
      ("--sentences", sentences != nil), ("--keep-case", keepCase),
      ("--deterministic", deterministic), ("--seed", seed != nil), ("--output", output != nil),
      ("--checkpoint-every", checkpointEvery != nil),
    ]
    return given.first { $0.1 }?.0
  }

  func run() async throws {
    let display = WordsDisplay(isQuiet: quiet)
    defer { display.end() }
    let (resume, output, threads) = (resume, output, threads.threads)
    let settings = try startingSettings
    let outcome = try await Interruption.handling(notice: display.stopping) {
      if let resume {
        return try await WordsRecipe.resume(
          RunFolder.find(resume), threads: threads, reportingTo: display.report,
          begun: display.begin)
      }
      return try await WordsRecipe.train(
        settings, output: output, reportingTo: display.report, begun: display.begin)
    }
    display.end()
    switch outcome {
    case .done(let outcome): show(outcome)
    case .interrupted(let outcome, _) where outcome.isFinished: show(outcome)
    case .interrupted(let outcome, let signal):
      Output.note("Saved. Go on with: apus train words --resume \(outcome.folder.path.shellQuoted)")
      if results.json { Output.show(outcome.json) }
      throw ExitCode(128 + signal)
    }
  }

  /// The settings, with the size and the loss of the run that is started from where none are given.
  private var startingSettings: WordsSettings {
    get throws {
      var settings = settings
      guard let startFrom, resume == nil else { return settings }
      let form = try WordsRecipe.form(of: RunFolder.find(startFrom))
      settings.training.size = size ?? form.size ?? settings.training.size
      if loss == nil, preset == nil, let inherited = form.loss {
        settings.training.loss = inherited
      }
      try check(settings)
      return settings
    }
  }

  private var settings: WordsSettings {
    var settings = WordsSettings()
    settings.corpus = corpus
    settings.text = TextOptions(
      tokens: tokens ?? .words, sentences: sentences ?? .lines, lowercases: !keepCase,
      normalization: normalize)
    settings.start = startFrom
    settings.phrasePasses = phrases ?? settings.phrasePasses
    settings.phraseThreshold = phraseThreshold ?? settings.phraseThreshold
    if preset == .keras { settings.training = .keras }
    settings.isDeterministic = deterministic
    settings.threads = threads.threads ?? settings.threads
    settings.seed = seed ?? settings.seed
    settings.checkpointSeconds = checkpointEvery ?? settings.checkpointSeconds
    settings.training.model = model ?? settings.training.model
    settings.training.loss = loss ?? settings.training.loss
    settings.training.size = size ?? settings.training.size
    settings.training.window = window ?? settings.training.window
    if fixedWindow { settings.training.shrinksWindow = false }
    settings.training.negatives = negatives
    settings.training.sharesVectors = shareVectors
    settings.training.minimumCount = minCount ?? settings.training.minimumCount
    settings.training.subsample = subsample ?? settings.training.subsample
    settings.training.epochs = epochs ?? settings.training.epochs
    settings.training.learningRate = learningRate
    settings.training.finalLearningRate = finalLearningRate
    settings.training.vocabularyLimit = vocabularyLimit ?? settings.training.vocabularyLimit
    return settings
  }

  private func show(_ outcome: WordsOutcome) {
    if results.json { return Output.show(outcome.json) }
    print(
      """
      \(outcome.vocabulary.grouped) words with vectors, \
      \(Int(outcome.wordsPerSecond).grouped) words/s
      Trained \(outcome.record.progress.epochs.counted("epoch")) in \
      \(Duration.seconds(outcome.record.timings.training).readable)
      Report   \(outcome.folder.reportFile.escapingControls)
      """)
  }
}

/// Settings that belong together.
enum WordsPreset: String, CaseIterable, ExpressibleByArgument {
  case keras
}

extension TextOptions.Normalization: ExpressibleByArgument {}
extension WordMap.Method: ExpressibleByArgument {}
extension WordTrainingSettings.Model: ExpressibleByArgument {}
extension WordTrainingSettings.Loss: ExpressibleByArgument {}
extension TextOptions.Tokens: ExpressibleByArgument {}
extension TextOptions.Sentences: ExpressibleByArgument {}
extension WordVectorFormat: ExpressibleByArgument {}
