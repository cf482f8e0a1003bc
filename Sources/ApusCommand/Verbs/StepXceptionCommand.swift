import ArgumentParser

/// `apus benchmark step xception`.
struct StepXceptionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "xception",
    abstract: "Time a fine-tuning step of Xception.",
    usage: "apus benchmark step xception <options>",
    discussion: """
      Trains blocks 13 and 14 and a classifier of 10 classes with Adam; the blocks \
      before are frozen. Prints the median of the samples.

      EXAMPLES
        apus benchmark step xception
        apus benchmark step xception --batch-size 8 --profile
      """)

  @OptionGroup var xception: XceptionOptions
  @OptionGroup var options: BenchmarkOptions

  func run() throws {
    let benchmark = try xception.benchmark.step(
      samples: options.samples, profiles: options.profile)
    options.show(benchmark, of: "Step")
  }
}
