import ApusApplications
import ApusEngine
import ApusTerminal
import ArgumentParser

/// `apus benchmark step wgan`.
struct StepWGANCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wgan",
    abstract: "Time an outer step of the Fashion-MNIST GAN.",
    usage: "apus benchmark step wgan <options>",
    discussion: """
      An outer step is five steps of the critic with the one-sided gradient penalty and one \
      of the generator. A sample is the mean of ten outer steps.

      EXAMPLES
        apus benchmark step wgan
        apus benchmark step wgan --threads 1 --profile
      """)

  @Option(name: .long, help: ArgumentHelp("Pictures in a step.", valueName: "n"))
  var batchSize = 100

  @OptionGroup var threads: ThreadOptions

  @Option(name: .long, help: ArgumentHelp("Samples to take, after one more.", valueName: "n"))
  var samples = 9

  @Flag(name: .long, help: "Time each operation.")
  var profile = false

  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard 1...10_000 ~= samples else {
      throw ValidationError("--samples: expected 1 to 10000, got \(samples)")
    }
    guard 1...100_000 ~= batchSize else {
      throw ValidationError("--batch-size: expected 1 to 100000, got \(batchSize)")
    }
  }

  func run() throws {
    let benchmark = try WassersteinBenchmark(
      batchSize: batchSize, samples: samples, profiles: profile,
      options: EngineOptions(threads: threads.threads ?? Machine.coreCount))
    if results.json { return Output.show(benchmark.json) }
    let milliseconds = benchmark.samples.map { $0 * 1e3 }
    let facts = ResultTables.facts([
      ("Outer step", "\((benchmark.seconds * 1e3).fixed(2)) ms, median of \(samples)"),
      (
        "Range",
        "\((milliseconds.min() ?? 0).fixed(2)) to \((milliseconds.max() ?? 0).fixed(2)) ms"
      ),
      ("Steps a second", (1 / benchmark.seconds).fixed(0)),
      ("Peak memory", "\(ByteCount(benchmark.peakMemoryBytes))"),
      ("Planning", "\(benchmark.planningSeconds.fixed(2)) s"),
      ("Threads", "\(benchmark.threads)"),
    ])
    print(facts, terminator: "")
    guard let roofline = benchmark.roofline else { return }
    for (name, profile) in zip(["A critic's step", "The generator's step"], benchmark.profiles) {
      print("\n\(name):")
      print(ResultTables.profile(profile, roofline), terminator: "")
    }
  }
}
