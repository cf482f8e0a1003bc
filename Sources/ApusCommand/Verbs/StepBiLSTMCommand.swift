import ApusApplications
import ApusEngine
import ArgumentParser

/// `apus benchmark step bilstm`.
struct StepBiLSTMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bilstm",
    abstract: "Time two bidirectional LSTMs, forward and backward.",
    usage: "apus benchmark step bilstm <options>",
    discussion: """
      The gradient of the hidden states is given; those of the input and of all \
      weights are computed. Prints the median of the samples. With --profile each \
      operation is timed, which makes the step a little slower.

      EXAMPLES
        apus benchmark step bilstm
        apus benchmark step bilstm --batch-size 32 --tokens 100 --threads 1
        apus benchmark step bilstm --precision bfloat16 --profile
      """)

  @Option(name: .long, help: ArgumentHelp("Sequences in a step.", valueName: "n"))
  var batchSize = 160

  @Option(name: .long, help: ArgumentHelp("Tokens of each sequence.", valueName: "n"))
  var tokens = 300

  @Option(
    name: .long,
    help: ArgumentHelp("Units of each direction, and features of a token.", valueName: "n"))
  var units = 128

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Numbers that products are computed in. (default: float32)",
      valueName: "type"))
  var precision: Precision?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var options: BenchmarkOptions

  func validate() throws {
    let limits = [
      ("--batch-size", batchSize, 4096), ("--tokens", tokens, 4096), ("--units", units, 2048),
    ]
    for (name, value, limit) in limits where !(1...limit ~= value) {
      throw ValidationError("\(name): expected 1 to \(limit), got \(value)")
    }
  }

  func run() throws {
    var benchmark = BidirectionalLSTMBenchmark()
    (benchmark.batchSize, benchmark.tokens, benchmark.units) = (batchSize, tokens, units)
    benchmark.precision = precision ?? benchmark.precision
    benchmark.threads = threads.threads ?? benchmark.threads
    options.show(
      try benchmark.step(samples: options.samples, profiles: options.profile), of: "Step")
  }
}
