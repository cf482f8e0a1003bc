import ApusApplications
import ApusEngine
import ArgumentParser

/// `--samples`, `--profile` and `--json`, for every benchmark of a program.
struct BenchmarkOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Samples to take, after a warm-up.", valueName: "n"))
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
    print(
      facts(
        of: what, benchmark.samples, benchmark.seconds, digits: 1,
        [
          (
            "\(benchmark.work.name.capitalized) a second",
            benchmark.rate.fixed(benchmark.rate < 100 ? 2 : 0)
          ),
          ("Peak memory", "\(ByteCount(benchmark.peakMemoryBytes))"),
          ("Planning", "\(benchmark.planningSeconds.fixed(2)) s"),
          ("Threads", "\(benchmark.threads)"), ("Precision", benchmark.precision.rawValue),
        ]), terminator: "")
    guard let profile = benchmark.profile, let roofline = benchmark.roofline else { return }
    print("")
    print(
      "Roofline: \((roofline.operationsPerSecond / 1e9).fixed(0)) GFLOP/s in a matrix product,")
    print("\((roofline.bytesPerSecond / 1e9).fixed(1)) GB/s in a sum of large arrays.")
    print("")
    print(ResultTables.profile(profile, roofline), terminator: "")
  }

  /// The time of `what`, from how much to how much it went, and what else is known.
  func facts(
    of what: String, _ samples: [Double], _ seconds: Double, digits: Int,
    _ others: [(name: String, value: String)]
  ) -> String {
    let milliseconds = samples.map { $0 * 1e3 }
    let (least, most) = (milliseconds.min() ?? 0, milliseconds.max() ?? 0)
    return ResultTables.facts(
      [
        (what, "\((seconds * 1e3).fixed(digits)) ms, median of \(samples.count)"),
        ("Range", "\(least.fixed(digits)) to \(most.fixed(digits)) ms"),
      ] + others)
  }
}

/// The settings of the benchmarks of the recipe `fashion`.
struct FashionBenchmarkOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Width and height of the images. (default: 56)", valueName: "pixels"))
  var side: Int?

  @Option(name: .long, help: ArgumentHelp("Channels of the images, 1 or 3.", valueName: "n"))
  var channels = 3

  @Option(
    name: .long,
    help: ArgumentHelp("Images in a batch. (default: 128)", valueName: "n"))
  var batchSize: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("MobileNet's alpha. (default: 1.0)", valueName: "alpha"))
  var width: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Numbers that products are computed in. (default: float32)",
      valueName: "type"))
  var precision: Precision?

  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    guard channels == 1 || channels == 3 else {
      throw ValidationError("--channels: expected 1 or 3, got \(channels)")
    }
    do {
      _ = try recipe.settings()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// The recipe's options with these settings.
  var recipe: FashionOptions {
    var options = FashionOptions()
    options.side = side
    options.batchSize = batchSize
    options.width = width
    options.precision = precision
    options.threads = threads.threads
    return options
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
