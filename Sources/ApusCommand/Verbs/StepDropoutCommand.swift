import ApusApplications
import ArgumentParser

/// `apus benchmark step dropout`.
struct StepDropoutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dropout",
    abstract: "Time bias, ReLU and dropout of a dense layer's sums.",
    usage: "apus benchmark step dropout <options>",
    discussion: """
      One fused pass over the activations, which draws the mask; so does the backward \
      pass of training. Activations are four bytes: a billion a second are 4 GB/s.

      EXAMPLES
        apus benchmark step dropout --threads 1
        apus benchmark step dropout --rate 0.1 --batch-size 128 --features 1024
      """)

  @Option(name: .long, help: ArgumentHelp("Rows of a step.", valueName: "n"))
  var batchSize = 4096

  @Option(name: .long, help: ArgumentHelp("Numbers in a row.", valueName: "n"))
  var features = 4096

  @Option(name: .long, help: ArgumentHelp("The probability of a zero.", valueName: "p"))
  var rate = 0.5

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var options: BenchmarkOptions

  func validate() throws {
    for (name, value) in [("--batch-size", batchSize), ("--features", features)]
    where !(1...16384 ~= value) {
      throw ValidationError("\(name): expected 1 to 16384, got \(value)")
    }
    guard rate > 0, rate < 1 else {
      throw ValidationError("--rate: expected a number between 0 and 1, got \(rate)")
    }
  }

  func run() throws {
    var benchmark = DropoutBenchmark()
    (benchmark.batchSize, benchmark.features, benchmark.rate) = (batchSize, features, rate)
    benchmark.threads = threads.threads ?? benchmark.threads
    options.show(
      try benchmark.step(samples: options.samples, profiles: options.profile), of: "Step")
  }
}
