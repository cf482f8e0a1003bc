import ApusApplications
import ApusEngine
import ApusJumpProcesses
import ApusReactionFormats
import ArgumentParser

/// `apus benchmark simulate`.
struct SimulateBenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Time paths of a Markov jump process.",
    usage: "apus benchmark simulate <model> --until <time> <options>",
    discussion: """
      The model random-<n> is a large network of n reactions without meaning. A sample is \
      all paths, without reading the model.

      EXAMPLES
        apus benchmark simulate vilar --until 200 --points 201 --paths 64 --threads 1
        apus benchmark simulate random-10000 --until 20 --points 2 --method sum-tree
      """)

  @OptionGroup var model: BenchmarkModel

  @Option(name: .long, help: ArgumentHelp("Times to write down.", valueName: "n"))
  var points = 101

  @Option(name: .long, help: ArgumentHelp("Paths of a sample.", valueName: "n"))
  var paths = 1

  @Option(name: .long, help: ArgumentHelp("How paths are made.", valueName: "method"))
  var method = SimulationMethod.automatic

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var options: ProcessBenchmarkOptions

  func run() throws {
    var simulation = Simulation(
      try model.network, until: model.until, points: points, paths: paths)
    simulation.method = method
    simulation.threads = threads.threads ?? Machine.coreCount
    simulation.seed = 1
    options.show(try ProcessBenchmark(simulation, samples: options.samples))
  }
}

/// `apus benchmark solve`.
struct SolveBenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve",
    abstract: "Time the solution of a master equation.",
    usage: "apus benchmark solve <model> --until <time> <options>",
    discussion: """
      A sample is the whole solution up to the last time, on one thread, without reading \
      the model.

      EXAMPLES
        apus benchmark solve toggle-switch --until 10
        apus benchmark solve toggle-switch --until 10 --method full-grid --grid 320
      """)

  @OptionGroup var model: BenchmarkModel

  @Option(
    name: .long,
    help: ArgumentHelp("What the errors of all probabilities sum to at most.", valueName: "p"))
  var tolerance = 1e-8

  @Option(
    name: .long,
    help: ArgumentHelp("adaptive, full-grid, krylov or cvode.", valueName: "name"))
  var method = SolveMethod.adaptive

  @Option(
    name: .long,
    help: ArgumentHelp(
      "One past the largest amount, of all species or of each by commas; not for adaptive.",
      valueName: "n"))
  var grid: GridBounds?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var options: ProcessBenchmarkOptions

  func validate() throws {
    guard 1e-14...0.5 ~= tolerance else {
      throw ValidationError("--tolerance: expected 1e-14 to 0.5, got \(tolerance)")
    }
    guard threads.threads ?? 1 == 1 else {
      throw ValidationError("--threads: a master equation is solved on one thread")
    }
    guard method == .adaptive || method.propagation != nil else {
      throw ValidationError(
        "--method: expected adaptive, full-grid, krylov or cvode, got \(method.rawValue)")
    }
    if grid != nil, method == .adaptive {
      throw ValidationError("--grid: --method adaptive finds its states itself")
    }
  }

  func run() throws {
    var equation = try MasterEquation(try model.network)
    equation.tolerance = tolerance
    let (until, method, grid) = (model.until, method, grid)
    options.show(
      try ProcessBenchmark(
        equation, method: method.rawValue, samples: options.samples
      ) { equation in
        guard let propagation = method.propagation else { return try equation.solve(at: [until]) }
        return try equation.solve(
          at: [until], by: propagation, bounds: grid?.bounds(for: equation.network))
      })
  }
}

/// The model of a benchmark and its last time.
struct BenchmarkModel: ParsableArguments {
  private static let sizes = 2...1_000_000

  @Argument(help: "The model: a built-in one, a file, or random-<n>.")
  var model: String

  @Option(
    name: .long, help: ArgumentHelp("The last time, in the model's unit.", valueName: "time"))
  var until: Double

  func validate() throws {
    guard until > 0, until <= 1e300 else {
      throw ValidationError("--until: expected a number above 0 and at most 1e300, got \(until)")
    }
  }

  var network: ReactionNetwork {
    get throws {
      guard model.hasPrefix("random-"), let size = Int(model.dropFirst(7)) else {
        return try ModelFile.open(model)
      }
      guard Self.sizes.contains(size) else {
        throw ValidationError(
          "<model>: expected random-\(Self.sizes.lowerBound) to "
            + "random-\(Self.sizes.upperBound), got \(model)")
      }
      return .random(reactions: size)
    }
  }
}

/// `--samples` and `--json`.
struct ProcessBenchmarkOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Samples to take.", valueName: "n"))
  var samples = 5

  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard 1...10_000 ~= samples else {
      throw ValidationError("--samples: expected 1 to 10000, got \(samples)")
    }
  }

  func show(_ benchmark: ProcessBenchmark) {
    if results.json { return Output.show(benchmark.json) }
    let milliseconds = benchmark.samples.map { $0 * 1e3 }
    var rows = [
      (
        name: benchmark.model,
        value: "\((benchmark.seconds * 1e3).fixed(2)) ms, median of \(milliseconds.count)"
      ),
      (
        "Range",
        "\((milliseconds.min() ?? 0).fixed(2)) to \((milliseconds.max() ?? 0).fixed(2)) ms"
      ),
    ]
    rows.append(("Method", benchmark.method))
    for (name, count) in benchmark.work { rows.append((name.capitalized, count.grouped)) }
    if let time = benchmark.nanosecondsPerEvent {
      rows.append(("Time of an event", "\(time.fixed(2)) ns"))
    }
    if let rate = benchmark.pathsPerSecond { rows.append(("Paths a second", rate.fixed(1))) }
    rows.append(("Peak memory", "\(ByteCount(benchmark.peakMemoryBytes))"))
    rows.append(("Threads", "\(benchmark.threads)"))
    print(ResultTables.facts(rows), terminator: "")
  }
}
