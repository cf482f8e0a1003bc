import ArgumentParser

/// `apus benchmark forward xception`.
struct ForwardXceptionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "xception",
    abstract: "Time the features of Xception.",
    usage: "apus benchmark forward xception <options>",
    discussion: """
      Computes the averaged features, without classifier. Prints the median of the \
      samples.

      EXAMPLES
        apus benchmark forward xception
        apus benchmark forward xception --precision bfloat16 --profile
      """)

  @OptionGroup var xception: XceptionOptions
  @OptionGroup var options: BenchmarkOptions

  func run() throws {
    let benchmark = try xception.benchmark.forward(
      samples: options.samples, profiles: options.profile)
    options.show(benchmark, of: "Forward pass")
  }
}
