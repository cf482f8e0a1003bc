import ApusApplications
import ApusEngine
import ApusTerminal
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

  @Option(name: .long, help: ArgumentHelp("Steps to time, after two more.", valueName: "n"))
  var samples = 9

  @Flag(name: .long, help: "Time each operation.")
  var profile = false

  @OptionGroup var results: ResultOptions

  func validate() throws {
    let limits = [
      ("--batch-size", batchSize, 4096), ("--tokens", tokens, 4096), ("--units", units, 2048),
      ("--samples", samples, 10_000),
    ]
    for (name, value, limit) in limits where !(1...limit ~= value) {
      throw ValidationError("\(name): expected 1 to \(limit), got \(value)")
    }
  }

  func run() throws {
    var settings = BidirectionalLSTMBenchmark.Settings()
    (settings.batchSize, settings.tokens, settings.units) = (batchSize, tokens, units)
    if let precision { settings.precision = precision }
    settings.threads = threads.threads
    let benchmark = try BidirectionalLSTMBenchmark(
      settings, samples: samples, profiles: profile)
    if let notice = benchmark.notice { Output.note("Note: \(notice)") }
    if results.json { return Output.show(benchmark.json) }
    print(facts(benchmark), terminator: "")
    if let profile = benchmark.profile, let roofline = benchmark.roofline {
      print("")
      print(ResultTables.profile(profile, roofline), terminator: "")
    }
  }

  private func facts(_ benchmark: BidirectionalLSTMBenchmark) -> String {
    let milliseconds = benchmark.samples.map { $0 * 1e3 }
    let range = (milliseconds.min() ?? 0, milliseconds.max() ?? 0)
    return ResultTables.facts([
      ("Step", "\((benchmark.seconds * 1e3).fixed(1)) ms, median of \(samples)"),
      ("Range", "\(range.0.fixed(1)) to \(range.1.fixed(1)) ms"),
      ("Tokens a second", benchmark.tokensPerSecond.fixed(0)),
      ("Peak memory", "\(ByteCount(benchmark.peakMemoryBytes))"),
      ("Planning", "\(benchmark.planningSeconds.fixed(2)) s"),
      ("Threads", "\(benchmark.threads)"), ("Precision", benchmark.precision.rawValue),
    ])
  }
}
