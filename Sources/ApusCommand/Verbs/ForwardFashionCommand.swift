import ApusApplications
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

  @OptionGroup var fashion: FashionBenchmarkOptions
  @OptionGroup var options: BenchmarkOptions

  func run() throws {
    let benchmark = try FashionRecipe.benchmarkForward(
      fashion.recipe, channels: fashion.channels, samples: options.samples,
      profiles: options.profile)
    options.show(benchmark, of: "Forward pass")
  }
}
