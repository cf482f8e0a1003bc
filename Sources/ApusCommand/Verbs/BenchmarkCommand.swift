import ApusApplications
import ApusEngine
import ApusTerminal
import ArgumentParser

/// `apus benchmark`: one subcommand for each kind of figure.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Measure the speed of this machine's training.",
    discussion: """
      EXAMPLES
        apus benchmark step fashion
        apus benchmark step fashion --profile
      """,
    subcommands: [StepCommand.self])

  /// `apus benchmark step`: one subcommand for each recipe.
  struct StepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "step",
      abstract: "Time one whole training step on random numbers.",
      discussion: """
        EXAMPLES
          apus benchmark step fashion --side 56 --batch-size 128 --precision float32
        """,
      subcommands: [
        StepFashionCommand.self,
        StepWGANCommand.self,
        StepBiLSTMCommand.self,
      ])
  }
}

/// `apus benchmark step fashion`.
struct StepFashionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fashion",
    abstract: "Time a training step of the recipe fashion.",
    usage: "apus benchmark step fashion <options>",
    discussion: """
      Prints the median of the samples. With --profile each operation is timed, which \
      makes the step a little slower.

      EXAMPLES
        apus benchmark step fashion
        apus benchmark step fashion --side 28 --threads 1 --samples 15
        apus benchmark step fashion --precision bfloat16 --profile
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("Width and height of the images. (default: 56)", valueName: "pixels"))
  var side: Int?

  @Option(name: .long, help: ArgumentHelp("Channels of the images, 1 or 3.", valueName: "n"))
  var channels = 3

  @Option(
    name: .long,
    help: ArgumentHelp("Images in a step. (default: 128)", valueName: "n"))
  var batchSize: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("MobileNet's alpha. (default: 1.0)", valueName: "alpha"))
  var width: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Numbers that products are computed in. (default: float32)",
      valueName: "type"))
  var precision: Precision?

  @OptionGroup var threads: ThreadOptions

  @Option(name: .long, help: ArgumentHelp("Steps to time, after three more.", valueName: "n"))
  var samples = 9

  @Flag(name: .long, help: "Time each operation.")
  var profile = false

  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard 1...10_000 ~= samples else {
      throw ValidationError("--samples: expected 1 to 10000, got \(samples)")
    }
    guard channels == 1 || channels == 3 else {
      throw ValidationError("--channels: expected 1 or 3, got \(channels)")
    }
    do {
      _ = try options.settings()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    let benchmark = try FashionRecipe.benchmarkStep(
      options, channels: channels, samples: samples, profiles: profile)
    if let notice = benchmark.notice { Output.note("Note: \(notice)") }
    if results.json { return Output.show(benchmark.json) }
    let milliseconds = benchmark.samples.map { $0 * 1e3 }
    let facts = ResultTables.facts([
      ("Step", "\((benchmark.seconds * 1e3).fixed(1)) ms, median of \(samples)"),
      (
        "Range",
        "\((milliseconds.min() ?? 0).fixed(1)) to \((milliseconds.max() ?? 0).fixed(1)) ms"
      ),
      ("Images a second", benchmark.imagesPerSecond.fixed(0)),
      ("Peak memory", "\(ByteCount(benchmark.peakMemoryBytes))"),
      ("Planning", "\(benchmark.planningSeconds.fixed(2)) s"),
      ("Threads", "\(benchmark.threads)"), ("Precision", benchmark.precision.rawValue),
    ])
    print(facts, terminator: "")
    if let profile = benchmark.profile, let roofline = benchmark.roofline {
      print("")
      print(
        "Roofline: \((roofline.operationsPerSecond / 1e9).fixed(0)) GFLOP/s in a matrix product,")
      print("\((roofline.bytesPerSecond / 1e9).fixed(1)) GB/s in a sum of large arrays.")
      print("")
      print(ResultTables.profile(profile, roofline), terminator: "")
    }
  }

  private var options: FashionOptions {
    var options = FashionOptions()
    options.side = side
    options.batchSize = batchSize
    options.width = width
    options.precision = precision
    options.threads = threads.threads
    return options
  }
}
