import ApusApplications
import ApusEngine
import ArgumentParser

/// `--samples`, `--profile` and `--json`, for every benchmark of a program.
struct BenchmarkOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Runs to time, after three more.", valueName: "n"))
  var samples = 9

  @Flag(name: .long, help: "Time each operation.")
  var profile = false

  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard 1...10_000 ~= samples else {
      throw ValidationError("--samples: expected 1 to 10000, got \(samples)")
    }
  }

  /// Prints a benchmark's figures; `what` names the thing that was timed.
  func show(_ benchmark: StepBenchmark, of what: String) {
    if let notice = benchmark.notice { Output.note("Note: \(notice)") }
    if results.json { return Output.show(benchmark.json) }
    let milliseconds = benchmark.samples.map { $0 * 1e3 }
    let facts = ResultTables.facts([
      (what, "\((benchmark.seconds * 1e3).fixed(1)) ms, median of \(samples)"),
      (
        "Range",
        "\((milliseconds.min() ?? 0).fixed(1)) to \((milliseconds.max() ?? 0).fixed(1)) ms"
      ),
      ("Images a second", benchmark.imagesPerSecond.fixed(benchmark.imagesPerSecond < 100 ? 2 : 0)),
      ("Peak memory", "\(ByteCount(benchmark.peakMemoryBytes))"),
      ("Planning", "\(benchmark.planningSeconds.fixed(2)) s"),
      ("Threads", "\(benchmark.threads)"), ("Precision", benchmark.precision.rawValue),
    ])
    print(facts, terminator: "")
    guard let profile = benchmark.profile, let roofline = benchmark.roofline else { return }
    print("")
    print(
      "Roofline: \((roofline.operationsPerSecond / 1e9).fixed(0)) GFLOP/s in a matrix product,")
    print("\((roofline.bytesPerSecond / 1e9).fixed(1)) GB/s in a sum of large arrays.")
    print("")
    print(ResultTables.profile(profile, roofline), terminator: "")
  }
}

/// The settings of the benchmarks of Xception.
struct XceptionOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Width and height of the images. (default: 299)", valueName: "pixels"))
  var side: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Images in a batch. (default: 16)", valueName: "n"))
  var batchSize: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Numbers that products are computed in. (default: float32)", valueName: "type"))
  var precision: Precision?

  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    do {
      try benchmark.check()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  var benchmark: XceptionBenchmark {
    var benchmark = XceptionBenchmark()
    benchmark.side = side ?? benchmark.side
    benchmark.batchSize = batchSize ?? benchmark.batchSize
    benchmark.precision = precision ?? benchmark.precision
    benchmark.threads = threads.threads ?? benchmark.threads
    return benchmark
  }
}
