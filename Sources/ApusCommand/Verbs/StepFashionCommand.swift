import ApusApplications
import ArgumentParser

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

  @OptionGroup var fashion: FashionBenchmarkOptions
  @OptionGroup var options: BenchmarkOptions

  func run() throws {
    let benchmark = try FashionRecipe.benchmarkStep(
      fashion.recipe, channels: fashion.channels, samples: options.samples,
      profiles: options.profile)
    options.show(benchmark, of: "Step")
  }
}
