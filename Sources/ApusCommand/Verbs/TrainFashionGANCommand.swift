import ApusApplications
import ApusTerminal
import ApusTraining
import ArgumentParser

/// `apus train fashion-gan`.
struct TrainFashionGANCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fashion-gan",
    abstract: "A GAN that makes pictures like Fashion-MNIST's.",
    usage: "apus train fashion-gan <options>",
    discussion: """
      Presets: dense (three dense layers each), dcgan (convolutions with batch \
      normalization), wgan-gp-conv (residual convolutions). Defaults are those of \
      dense; dcgan takes the loss vanilla, 5,000 steps, rate 0.0002; wgan-gp-conv the \
      loss wgan-gp, 5,000 steps of 64 images, rate 0.0005; both --average 0.999.

      A step is five of the critic (two in wgan-gp-conv; one with the losses vanilla, \
      hinge and lsgan) and one of the generator. The penalty of the losses wgan-* holds the critic's slope, \
      a derivative inside the loss. Grids of samples are in pictures/ and report.html. \
      Ctrl-C finishes the step, saves and says how to go on. A resumed run keeps its \
      settings; --steps (upward), --threads and --quiet may be given anew.

      EXAMPLES
        apus train fashion-gan
        apus train fashion-gan --preset dcgan --loss hinge --spectral-norm
        apus train fashion-gan --conditional --output runs/mine
        apus train fashion-gan --resume fashion-gan-1
      """)

  @Option(
    name: .long, help: ArgumentHelp("Which networks.\(note("dense"))", valueName: "preset"))
  var preset: GANPreset?

  @Option(
    name: .long,
    help: ArgumentHelp("What they minimize.\(note(defaults.loss.rawValue))", valueName: "loss"))
  var loss: GANLoss?

  @Option(
    name: .long, help: ArgumentHelp("The generator's steps.\(note("20000"))", valueName: "n"))
  var steps: Int?

  @Option(name: .long, help: ArgumentHelp("Images in a step.\(note("100"))", valueName: "n"))
  var batchSize: Int?

  @Option(
    name: .long, help: ArgumentHelp("Adam's learning rate.\(note("0.0001"))", valueName: "rate"))
  var learningRate: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The critic's steps in each step. (default: see above)", valueName: "n"))
  var criticSteps: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("What an excess slope of one costs.\(note("10"))", valueName: "weight"))
  var penaltyWeight: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Sample from a moving average of the generator with this decay, such as 0.999.",
      valueName: "decay"))
  var average: Double?

  @Flag(name: .long, help: "Divide the critic's kernels by their spectral norm.")
  var spectralNorm = false

  @Flag(name: .long, help: "Tell both networks the class, so that it can be chosen.")
  var conditional = false

  @OptionGroup var threads: ThreadOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Gives first weights, order of images and noise; one seed and one number of threads "
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
      "Folder of the run, empty or new. (default: the next runs/fashion-gan-N)",
      valueName: "dir"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Use only the first N training images.", valueName: "n"))
  var limit: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Steps between grids of samples.\(note("1000"))", valueName: "n"))
  var sampleEvery: Int?

  @Option(
    name: .long, help: ArgumentHelp("Steps between checkpoints.\(note("1000"))", valueName: "n"))
  var checkpointEvery: Int?

  @Option(
    name: .long, help: ArgumentHelp("Go on with a run that was interrupted.", valueName: "run"))
  var resume: String?

  @Flag(name: .long, help: "Show no progress.")
  var quiet = false

  @OptionGroup var results: ResultOptions

  private static let defaults = GANSettings()

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
    let display = GANDisplay(isQuiet: quiet)
    defer { display.end() }
    let (options, resume, output) = (options, resume, output)
    let outcome = try await Interruption.handling(notice: display.stopping) {
      if let resume {
        return try await GANRecipe.resume(
          RunFolder.find(resume), options, reportingTo: display.report, begun: display.begin)
      }
      return try await GANRecipe.train(
        options, output: output, reportingTo: display.report, begun: display.begin)
    }
    display.end()
    switch outcome {
    case .done(let outcome): show(outcome)
    case .interrupted(let outcome, _) where outcome.isFinished: show(outcome)
    case .interrupted(let outcome, let signal):
      Output.note(
        "Saved. Go on with: apus train \(GANRecipe.name) --resume \(outcome.folder.path.shellQuoted)"
      )
      if results.json { Output.show(outcome.json) }
      throw ExitCode(128 + signal)
    }
  }

  private var options: GANOptions {
    var options = GANOptions()
    options.data = data
    options.preset = preset
    options.loss = loss
    options.steps = steps
    options.batchSize = batchSize
    options.learningRate = learningRate
    options.criticSteps = criticSteps
    options.penaltyWeight = penaltyWeight
    options.averagingDecay = average
    options.normalizesSpectra = spectralNorm ? true : nil
    options.isConditional = conditional ? true : nil
    options.threads = threads.threads
    options.seed = seed
    options.limit = limit
    options.sampleInterval = sampleEvery
    options.checkpointInterval = checkpointEvery
    return options
  }

  private func show(_ outcome: GANOutcome) {
    if results.json { return Output.show(outcome.json) }
    let distance = outcome.lastLine?.distance.map { "  Critic distance \($0.fixed(3))" } ?? ""
    print(
      """
      Trained \(outcome.record.progress.steps.counted("step")) in \
      \(Duration.seconds(outcome.record.timings.training).readable)\(distance)
      Report   \(outcome.folder.reportFile.escapingControls)
      """)
  }
}

extension GANPreset: ExpressibleByArgument {}
extension GANLoss: ExpressibleByArgument {}
