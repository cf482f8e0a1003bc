import ApusApplications
import ApusEngine
import ApusTerminal
import ApusTraining
import ArgumentParser

/// `apus train fashion`.
struct TrainFashionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fashion",
    abstract: "MobileNet v1 that classifies Fashion-MNIST.",
    discussion: """
      Trains on 60,000 images of clothes, then evaluates on 10,000 others. Ctrl-C \
      finishes the step, saves and says how to go on. A resumed run keeps its settings; \
      --epochs (upward), --threads and --quiet may be given anew.

      The learning rate rises and falls once over all epochs. With more --epochs a \
      resumed run goes on where it is on the longer curve: after a finished run the \
      rate is high again at first, and the result is not that of one run of as many \
      epochs.

      EXAMPLES
        apus train fashion
        apus train fashion --epochs 2 --threads 4
        apus train fashion --data ~/fashion --output runs/mine
        apus train fashion --resume fashion-1
      """)

  @Option(
    name: .long, help: ArgumentHelp("Passes over the training images.\(note("30"))", valueName: "n")
  )
  var epochs: Int?

  @Option(name: .long, help: ArgumentHelp("Images in a step.\(note("128"))", valueName: "n"))
  var batchSize: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The highest learning rate of the one-cycle schedule.\(note("\(defaults.learningRate)"))",
      valueName: "rate"))
  var learningRate: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Factor on the learning rate of the classifier, the last layer, and of those of --auxiliary-weight."
        + note(
          "\(defaults.classifierRateFactor); with fewer than 10 epochs 0.01, or 0.1 below --width 1"
        ),
      valueName: "factor"))
  var classifierRateFactor: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Width and height that images are enlarged to.\(note("56"))", valueName: "pixels"))
  var side: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "MobileNet's alpha, the share of each layer's filters.\(note("1.0"))", valueName: "alpha"))
  var width: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What training begins with: keras draws Glorot's uniform numbers; near-identity adds a part of the "
        + "identity to them, so that layers pass on what they are given.\(note(defaults.firstWeights.rawValue))",
      valueName: "kind"))
  var firstWeights: FashionSettings.FirstWeights?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How training images are changed: flip mirrors half of them; shift also moves them by up to a "
        + "pixel; erase also covers a part of a quarter of them; both also trains each beside its mirror "
        + "image, in twice the time; pair also blends them two by two."
        + note(defaults.augmentation.rawValue),
      valueName: "kind"))
  var augment: FashionSettings.Augmentation?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Rate of the dropout before the classifier.\(note("\(defaults.dropout)"))",
      valueName: "rate"))
  var dropout: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How far the weights climb before each gradient is taken (sharpness-aware minimization); 0 takes it "
        + "where they are, in less time. Training shows loss and accuracy of where they climbed to."
        + note("\(defaults.sharpness), or 0 with fewer than 10 epochs"),
      valueName: "rho"))
  var sharpness: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Weight of the losses of auxiliary classifiers, which four layers within the network have while it trains "
        + "(deep supervision); 0 trains without them.\(note("\(defaults.auxiliaryWeight)"))",
      valueName: "weight"))
  var auxiliaryWeight: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Numbers that products are computed in.\(note("float32"))",
      valueName: "type"))
  var precision: Precision?

  @OptionGroup var threads: ThreadOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Gives first weights, order and changes of images; one seed and one number of threads "
        + "give one result.\(note("0"))", valueName: "n"))
  var seed: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder with the four IDX files, gzipped or not.\(note(defaults.data))", valueName: "dir"))
  var data: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder of the run, empty or new. (default: the next runs/fashion-N)", valueName: "dir"))
  var output: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Use only the first N images of each set.", valueName: "n"))
  var limit: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Steps between checkpoints. (default: one epoch)", valueName: "n"))
  var checkpointEvery: Int?

  @Option(
    name: .long, help: ArgumentHelp("Go on with a run that was interrupted.", valueName: "run"))
  var resume: String?

  @Flag(name: .long, help: "Show no progress.")
  var quiet = false

  @OptionGroup var results: ResultOptions

  private static let defaults = FashionSettings()

  private static func note(_ value: String) -> String { " (default: \(value))" }

  func validate() throws {
    if resume != nil, output != nil {
      throw ValidationError("--resume goes on in the run's own folder; leave --output out")
    }
    try refuseEmptyFolders([("--data", data), ("--output", output), ("--resume", resume)])
    do {
      _ = try options.settings()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() async throws {
    let display = TrainingDisplay(isQuiet: quiet)
    defer { display.end() }
    let (options, resume, output) = (options, resume, output)
    let outcome = try await Interruption.handling(notice: display.stopping) {
      if let resume {
        return try await FashionRecipe.resume(
          RunFolder.find(resume), options, reportingTo: display.report, begun: display.begin)
      }
      return try await FashionRecipe.train(
        options, output: output, reportingTo: display.report, begun: display.begin)
    }
    display.end()
    switch outcome {
    case .done(let outcome): show(outcome)
    case .interrupted(let outcome, _) where outcome.result != nil: show(outcome)
    case .interrupted(let outcome, let signal):
      Output.note(
        "Saved. Go on with: apus train \(FashionRecipe.name) --resume \(outcome.folder.path.shellQuoted)"
      )
      if results.json { Output.show(outcome.json) }
      throw ExitCode(128 + signal)
    }
  }

  private var options: FashionOptions {
    var options = FashionOptions()
    options.data = data
    options.epochs = epochs
    options.batchSize = batchSize
    options.learningRate = learningRate
    options.classifierRateFactor = classifierRateFactor
    options.side = side
    options.width = width
    options.firstWeights = firstWeights
    options.auxiliaryWeight = auxiliaryWeight
    options.augmentation = augment
    options.dropout = dropout
    options.sharpness = sharpness
    options.precision = precision
    options.threads = threads.threads
    options.seed = seed
    options.limit = limit
    options.checkpointInterval = checkpointEvery
    return options
  }

  private func show(_ outcome: TrainingOutcome) {
    if results.json { return Output.show(outcome.json) }
    guard let result = outcome.result else { return }
    print(
      """
      Test accuracy \(result.accuracy.percent()), loss \(result.loss.fixed(4)) \
      on \(result.examples.counted("image"))
      Trained \(outcome.record.progress.epochs.counted("epoch")) in \
      \(Duration.seconds(outcome.record.timings.training).readable)
      Report   \(outcome.folder.reportFile.escapingControls)
      """)
  }
}
