import ApusApplications
import ApusFormats
import ApusJumpProcesses
import ApusReactionFormats
import ApusTerminal
import ArgumentParser
import Synchronization

/// `apus simulate`.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Simulate paths of a Markov jump process.",
    usage: "apus simulate <model> --until <time> <options>",
    discussion: """
      Paths are exact unless --method is tau-leaping, binomial-leaping, langevin or ode. \
      A seed gives the same paths whatever the number of threads. Files have the columns \
      time, then <name>-mean and <name>-sd for each species and for what rules and events \
      change, then what --quantiles and --select ask for.

      A model file is SBML, or text with a line for each statement:
        prey = 1000                        what there is at time zero
        prey + predator -> 2 predator @ k  mass action
        -> U @@ a / (1 + V ^ 2)            the whole rate
        k := 1 + bound                     a rule
        when time >= 25: prey = 50         an event

      EXAMPLES
        apus simulate --list
        apus simulate vilar --until 200 --points 201 --paths 64
        apus simulate model.xml --until 50 --paths 10000 --output means.csv
        apus simulate schloegl --until 20 --paths 2000 --histogram X --picture x.png
        apus simulate lotka-volterra --until 9 --paths 500 --method tau-leaping
      """)

  @OptionGroup var source: ModelOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Times to write down, from 0 to the last one.", valueName: "n"))
  var points = 101

  @Option(name: .long, help: ArgumentHelp("Paths to simulate.", valueName: "n"))
  var paths = 1

  @Option(name: .long, help: ArgumentHelp("How paths are made.", valueName: "method"))
  var method = SimulationMethod.automatic

  @Option(name: .long, help: ArgumentHelp("What all random numbers follow from.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(
    name: .long,
    help: ArgumentHelp("File for the results, .csv or .npz.", valueName: "file"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("File for a picture of paths and bands.", valueName: "png"))
  var picture: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Paths to write and draw whole, such as 0,5,10-19.", valueName: "list"))
  var select: NumberList?

  @Option(
    name: .long,
    help: ArgumentHelp("Quantiles to write as well, such as 0.05,0.5,0.95.", valueName: "list"))
  var quantiles: QuantileList?

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "A species to count at the last time, over all paths; may repeat.", valueName: "name"))
  var histogram: [String] = []

  @Option(
    name: .long, help: ArgumentHelp("Reactions that one path may fire at most.", valueName: "n"))
  var maxEvents = 1_000_000_000

  @Flag(name: .long, help: "Show no progress.")
  var quiet = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard source.list || source.until != nil else {
      throw ValidationError("--until: expected the last time")
    }
    let limits = [
      ("--points", points, 1...10_000_000), ("--paths", paths, 1...1_000_000_000),
      ("--max-events", maxEvents, 1...1_000_000_000_000_000),
    ]
    for (name, value, range) in limits where !range.contains(value) {
      throw ValidationError(
        "\(name): expected \(range.lowerBound) to \(range.upperBound), got \(value)")
    }
    if let value = quantiles?.values.first(where: { !(0...1 ~= $0) }) {
      throw ValidationError("--quantiles: expected numbers from 0 to 1, got \(value)")
    }
    if let last = select?.numbers.max(), last >= paths {
      throw ValidationError(
        "--select: there are the paths 0 to \(paths - 1), got \(last)")
    }
    guard source.list || output != nil || quantiles == nil else {
      throw ValidationError("--quantiles goes with --output, whose file they are written to")
    }
    guard source.list || output != nil || picture != nil || select == nil else {
      throw ValidationError("--select goes with --output or --picture, which show the paths")
    }
    if let output, !output.hasSuffix(".csv"), !output.hasSuffix(".npz") {
      throw ValidationError("--output: expected a file that ends with .csv or .npz, got \(output)")
    }
    if let picture, !picture.hasSuffix(".png") {
      throw ValidationError("--picture: expected a file that ends with .png, got \(picture)")
    }
  }

  func run() async throws {
    if source.list { return source.showList(asJSON: results.json) }
    guard let model = source.model?.inputPath, let until = source.until else { return }
    for file in [output, picture] { try file.map(AtomicFile.checkWritable) }
    var simulation = Simulation(
      try ModelFile.open(model), until: until, points: points, paths: paths)
    simulation.seed = seed
    simulation.method = method
    simulation.threads = threads.threads ?? MachineDescription.current.cores
    simulation.eventLimit = maxEvents
    // A picture shows the first paths where none are named.
    simulation.selectedPaths =
      select?.numbers ?? (picture == nil ? [] : Set(0..<min(paths, EnsembleFiles.drawnPaths)))
    simulation.quantiles = quantiles?.values ?? []
    simulation.histograms = histogram
    if let fault = simulation.contradiction { throw ValidationError(fault) }
    let line = ProgressLine(isQuiet: quiet)
    let start = ContinuousClock.now
    let outcome = try await Interruption.handling(
      notice: {
        line.clear()
        Output.note("Stopping; what is done is kept. A second Ctrl-C leaves at once.")
      }, { [simulation] in try await Self.ensemble(of: simulation, line, since: start) })
    let seconds = start.seconds
    line.clear()
    switch outcome {
    case .done(let ensemble): try finish(ensemble, of: simulation, seconds)
    // What came too late to stop anything stopped nothing.
    case .interrupted(let ensemble, _) where ensemble.fault == nil:
      try finish(ensemble, of: simulation, seconds)
    case .interrupted(let ensemble, let signal):
      try finish(ensemble, of: simulation, seconds)
      throw ExitCode(128 + signal)
    }
  }

  private static func ensemble(
    of simulation: Simulation, _ line: ProgressLine, since start: ContinuousClock.Instant
  ) async throws -> Ensemble {
    let isCancelled = CancellationFlag()
    return try await withTaskCancellationHandler {
      do throws(JumpProcessError) {
        return try simulation.run(isCancelled: { isCancelled.isSet }) { progress in
          let seconds = max(start.seconds, 1e-9)
          let rate = Int(Double(progress.paths) / seconds)
          line.show(
            "\(progress.paths.grouped)/\(progress.totalPaths.grouped) paths  "
              + "\(rate.grouped) paths/s  \((Double(progress.events) / seconds / 1e6).fixed(1)) "
              + "million events/s")
        }
      } catch {
        // No path is whole.
        if case .cancelled = error { throw CancellationError() }
        throw error
      }
    } onCancel: {
      isCancelled.set()
    }
  }

  /// Writes files and shows results; what stopped some of the paths is thrown at the end.
  private func finish(
    _ ensemble: Ensemble, of simulation: Simulation, _ seconds: Double
  ) throws {
    let files = EnsembleFiles(ensemble, of: simulation, writesPaths: select != nil)
    try Interruption.discarding {
      if let output { try files.write(to: output) }
      if let picture { try files.draw(to: picture) }
    }
    if results.json {
      Output.show(json(ensemble, simulation, seconds))
    } else {
      show(ensemble, simulation, seconds)
    }
    if let fault = ensemble.fault {
      let done =
        ensemble.times.count < points
        ? "what \(ensemble.paths.counted("path")) did up to time \(ensemble.times.last ?? 0) is kept"
        : "\(ensemble.paths.grouped) of \(paths.grouped) paths are done"
      let place = output.map { " and in \($0)" } ?? ""
      if case .cancelled = fault { return Output.note("Stopped: \(done)\(place)") }
      Output.note("Error: \(fault); \(done)\(place)")
      throw ExitCode(1)
    }
  }

  /// Whether deviations say how far paths differ: one path that could have been another says nothing of it.
  private static func hasSpread(_ ensemble: Ensemble) -> Bool {
    ensemble.paths > 1 || ensemble.method == .rateEquations
  }

  private func json(_ ensemble: Ensemble, _ simulation: Simulation, _ seconds: Double) -> JSON {
    let last = ensemble.means.indices.last ?? 0
    let final = ensemble.names.indices.map { index -> JSON in
      [
        "name": .string(ensemble.names[index]), "mean": .number(ensemble.means[last][index]),
        "sd": Self.hasSpread(ensemble) ? .number(ensemble.deviations[last][index]) : .null,
      ]
    }
    let histograms = zip(histogram, ensemble.lastValues).map { name, values -> JSON in
      let histogram = Histogram(values)
      return [
        "name": .string(name), "width": .number(histogram.width),
        "starts": .array(histogram.starts.map { .number($0) }),
        "counts": .array(histogram.counts.map { .integer($0) }),
      ]
    }
    return [
      "model": .string(simulation.network.name), "until": .number(simulation.until),
      "points": .integer(ensemble.times.count), "time": .number(ensemble.times.last ?? 0),
      "histograms": .array(histograms), "paths": .integer(ensemble.paths),
      "seed": .string("\(seed)"),
      "method": .string(ensemble.method.rawValue), "threads": .integer(simulation.threads),
      "seconds": .number(seconds), "events": .integer(ensemble.events),
      "pathsPerSecond": .number(Double(ensemble.paths) / max(seconds, 1e-9)),
      "final": .array(final), "output": output.map { .string($0) } ?? .null,
      "picture": picture.map { .string($0) } ?? .null,
    ]
  }

  private func show(_ ensemble: Ensemble, _ simulation: Simulation, _ seconds: Double) {
    var table = TextTable([
      .init("At time \(ensemble.times.last ?? 0)"), .init("Mean", .right), .init("Sd", .right),
    ])
    let last = ensemble.means.indices.last ?? 0
    for (index, name) in ensemble.names.enumerated() {
      table.add([
        name, ensemble.means[last][index].fixed(4),
        Self.hasSpread(ensemble) ? ensemble.deviations[last][index].fixed(4) : "–",
      ])
    }
    print(table.rendered(for: .output))
    for (name, values) in zip(histogram, ensemble.lastValues) {
      print(ResultTables.histogram(Histogram(values), of: name))
    }
    print(
      "\(ensemble.paths.counted("path")), \(ensemble.events.grouped) events in "
        + "\(Duration.seconds(seconds).readable), method \(ensemble.method.rawValue)")
    for file in [output, picture].compactMap({ $0 }) { print("Wrote \(file.escapingControls)") }
  }
}

/// A flag that one thread sets and others read.
final class CancellationFlag: Sendable {
  private let state = Mutex(false)

  var isSet: Bool { state.withLock { $0 } }

  func set() { state.withLock { $0 = true } }
}

extension ContinuousClock.Instant {
  /// The seconds since then.
  var seconds: Double {
    let (whole, attoseconds) = (ContinuousClock.now - self).components
    return Double(whole) + Double(attoseconds) * 1e-18
  }
}

extension SimulationMethod: ExpressibleByArgument {}
