import ApusApplications
import ApusEngine
import ArgumentParser

/// `apus benchmark forward fashion`.
struct ForwardFashionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fashion",
    abstract: "Time the model of the recipe fashion.",
    usage: "apus benchmark forward fashion <options>",
    discussion: """
      Prints the median of the samples. With --profile each operation is timed, which \
      makes the run a little slower.

      EXAMPLES
        apus benchmark forward fashion
        apus benchmark forward fashion --side 28 --threads 1 --samples 15
        apus benchmark forward fashion --precision bfloat16 --profile
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("Width and height of the images. (default: 56)", valueName: "pixels"))
  var side: Int?

  @Option(name: .long, help: ArgumentHelp("Channels of the images.", valueName: "n"))
  var channels = 3

  @Option(
    name: .long,
    help: ArgumentHelp("Images in a batch. (default: 128)", valueName: "n"))
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
  @OptionGroup var measuring: BenchmarkOptions

  func validate() throws {
    guard 1...1024 ~= channels else {
      throw ValidationError("--channels: expected 1 to 1024, got \(channels)")
    }
    do {
      _ = try options.settings()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    let benchmark = try FashionRecipe.benchmarkForward(
      options, channels: channels, samples: measuring.samples, profiles: measuring.profile)
    measuring.show(benchmark, of: "Forward pass")
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
