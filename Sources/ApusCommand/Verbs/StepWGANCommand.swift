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

  @OptionGroup var options: BenchmarkOptions

  func validate() throws {
    guard 1...100_000 ~= batchSize else {
      throw ValidationError("--batch-size: expected 1 to 100000, got \(batchSize)")
    }
  }

  func run() throws {
    let benchmark = try WassersteinBenchmark(
      batchSize: batchSize, samples: options.samples, profiles: options.profile,
      options: EngineOptions(threads: threads.threads ?? Machine.coreCount))
    if options.results.json { return Output.show(benchmark.json) }
    print(
      options.facts(
        of: "Outer step", benchmark.samples, benchmark.seconds, digits: 2,
        [
          ("Steps a second", (1 / benchmark.seconds).fixed(0)),
          ("Peak memory", "\(ByteCount(benchmark.peakMemoryBytes))"),
          ("Planning", "\(benchmark.planningSeconds.fixed(2)) s"),
          ("Threads", "\(benchmark.threads)"),
        ]), terminator: "")
    guard let roofline = benchmark.roofline else { return }
    for (name, profile) in zip(["A critic's step", "The generator's step"], benchmark.profiles) {
      print("\n\(name):")
      print(ResultTables.profile(profile, roofline), terminator: "")
    }
  }
}
