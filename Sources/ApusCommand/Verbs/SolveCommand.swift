import ApusApplications
import ApusFormats
import ApusJumpProcesses
import ApusReactionFormats
import ApusTerminal
import ArgumentParser

/// `apus solve`.
struct SolveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve",
    abstract: "Solve the master equation of a Markov jump process.",
    usage: "apus solve <model> --until <time> | --stationary | --passage <condition>",
    discussion: """
      Gives the probability of every state that matters, by uniformization on a set of \
      states that follows them. The sum of all errors is certified: it is what is \
      missing from 1. A CSV file has the columns of `apus simulate`.

      EXAMPLES
        apus solve toggle-switch --until 10
        apus solve birth-death --until 5 --points 6 --output moments.csv
        apus solve telegraph --until 20 --marginals mRNA --json
        apus solve gene-expression --until 20 --method linear-noise
        apus solve schloegl --stationary
        apus solve birth-death --passage "X >= 15"
        apus solve birth-death --until 2 --derive --picture rates.png
      """)

  @OptionGroup var source: ModelOptions

  @OptionGroup var options: SolveOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Times to write down, from 0 to the last one. (default: 2)", valueName: "n"))
  var points: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Largest sum of the errors of all probabilities. (default: 1e-08)", valueName: "p"))
  var tolerance: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "States to keep at most. (default: 10,000,000; 1,000,000 with --stationary and "
        + "--sensitivity, 250,000 with --passage)", valueName: "n"))
  var maxStates: Int?

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp("Show the distribution of a species; may repeat.", valueName: "name"))
  var marginals: [String] = []

  @Option(name: .long, help: ArgumentHelp("File for means and sds, .csv.", valueName: "file"))
  var output: String?

  @Flag(name: .long, help: "Show no progress.")
  var quiet = false

  @OptionGroup var results: ResultOptions

  /// The times that are written down.
  var pointCount: Int { points ?? 2 }

  /// The errors that are allowed.
  var bound: Double { tolerance ?? 1e-8 }

  func validate() throws {
    let needsTime = !options.stationary && options.passage == nil
    guard source.list || needsTime == (source.until != nil) else {
      throw ValidationError(
        needsTime
          ? "--until: expected the last time"
          : "--until: \(options.stationary ? "--stationary" : "--passage") has no last time")
    }
    if !needsTime, points != nil {
      throw ValidationError(
        "--points: \(options.stationary ? "--stationary" : "--passage") has no times")
    }
    let isOther = !needsTime || options.derive || !options.sensitivity.isEmpty
    if isOther, output != nil { throw ValidationError("--output goes with a solution in time") }
    if isOther, !options.stationary, !marginals.isEmpty {
      throw ValidationError("--marginals goes with a solution in time and with --stationary")
    }
    if let method = options.method, method.closure != nil, !marginals.isEmpty {
      throw ValidationError("--marginals: --method \(method.rawValue) gives means and sds alone")
    }
    try refuseStateOptions()
    guard 1e-14...0.5 ~= bound else {
      throw ValidationError("--tolerance: expected 1e-14 to 0.5, got \(bound)")
    }
    for (name, value, range) in [
      ("--points", pointCount, 1...1_000_000), ("--max-states", maxStates ?? 1, 1...1_000_000_000),
    ] where !range.contains(value) {
      throw ValidationError(
        "\(name): expected \(range.lowerBound) to \(range.upperBound), got \(value)")
    }
    if let output, !output.hasSuffix(".csv") {
      throw ValidationError("--output: expected a file that ends with .csv, got \(output)")
    }
  }

  /// Moments have no states, and the derivation has limits of its own.
  private func refuseStateOptions() throws {
    let task: String
    if let method = options.method, method.closure != nil {
      task = "--method \(method.rawValue)"
    } else if options.derive {
      task = "--derive"
    } else {
      return
    }
    for (name, isGiven) in [("--tolerance", tolerance != nil), ("--max-states", maxStates != nil)]
    where isGiven {
      throw ValidationError("\(name) is not for \(task)")
    }
  }

  func run() async throws {
    if source.list { return source.showList(asJSON: results.json) }
    guard let model = source.model?.inputPath else { return }
    for file in [output, options.picture] { try file.map(AtomicFile.checkWritable) }
    let network = try ModelFile.open(model)
    try checkMarginals(of: network)
    if options.stationary { return try runStationary(network) }
    if let passage = options.passage { return try runPassage(network, passage) }
    guard let until = source.until else { return }
    if options.derive { return try runDerivation(network, until: until) }
    if !options.sensitivity.isEmpty { return try runSensitivity(network, until: until) }
    let method = options.method ?? (network.ratesReadTime ? .cvode : .adaptive)
    if let closure = method.closure { return try runMoments(network, closure, until: until) }
    try await solve(network, until: until, by: method)
  }

  private func checkMarginals(of network: ReactionNetwork) throws(JumpProcessError) {
    let species = network.movingNames
    for name in marginals where !species.contains(name) {
      throw .setting(
        "--marginals: no reaction of \(network.name) changes \(name); there are "
          + species.joined(separator: ", "))
    }
  }

  private func solve(
    _ network: ReactionNetwork, until: Double, by method: SolveMethod
  ) async throws {
    var equation = try MasterEquation(network)
    equation.tolerance = bound
    equation.stateLimit = maxStates ?? 10_000_000
    let times = Simulation(network, until: until, points: pointCount).times
    let start = ContinuousClock.now
    guard let propagation = method.propagation else {
      return try await follow(equation, at: times, since: start)
    }
    let solution = try equation.solve(
      at: times, by: propagation, bounds: options.grid?.bounds(for: network))
    try finish(solution, network, method, start.seconds)
  }

  /// Solves on the states that matter; Ctrl-C ends it with what it had come to.
  private func follow(
    _ equation: MasterEquation, at times: [Double], since start: ContinuousClock.Instant
  ) async throws {
    let line = ProgressLine(isQuiet: quiet)
    let outcome: Interruption.Outcome<MasterSolution>
    do {
      defer { line.clear() }
      outcome = try await Interruption.handling(
        notice: {
          line.clear()
          Output.note("Stopping after this step; a second Ctrl-C leaves at once.")
        },
        {
          try equation.solve(at: times, isCancelled: { Task.isCancelled }) { progress in
            line.show(
              "time \(progress.time.fixed(3)) of \((times.last ?? 0).fixed(3))  "
                + "\(progress.states.grouped) states  lost \(progress.lost.significant(3))")
          }
        })
    }
    switch outcome {
    case .done(let solution):
      try finish(solution, equation.network, .adaptive, start.seconds)
    case .interrupted(let solution, let signal):
      // What came too late to stop anything stopped nothing.
      guard solution.fault != nil else {
        return try finish(solution, equation.network, .adaptive, start.seconds)
      }
      try present(solution, equation.network, .adaptive, start.seconds)
      throw ExitCode(128 + signal)
    }
  }

  /// Writes files and shows results; what ended the solution early is told at the end.
  private func finish(
    _ solution: MasterSolution, _ network: ReactionNetwork, _ method: SolveMethod,
    _ seconds: Double
  ) throws {
    try present(solution, network, method, seconds)
    guard let fault = solution.fault else { return }
    let kept = "the solution up to time \(solution.times.last ?? 0) is kept"
    Output.note("Error: \(fault); \(kept)" + (output.map { " and in \($0)" } ?? ""))
    throw ExitCode(1)
  }

  private func present(
    _ solution: MasterSolution, _ network: ReactionNetwork, _ method: SolveMethod,
    _ seconds: Double
  ) throws {
    if let output {
      try write(
        network, at: solution.times, to: output
      ) { solution.distributions[$1].moments(of: $0) }
    }
    if results.json {
      Output.show(json(solution, network, method, seconds))
    } else {
      show(solution, network, seconds)
    }
  }

  /// What a table shows: the columns of `apus simulate`, as far as there are moments of them.
  private func names(
    _ network: ReactionNetwork, _ moments: (String) -> (mean: Double, deviation: Double)?
  ) -> [String] {
    network.outputNames.filter { moments($0) != nil }
  }

  /// Writes the columns of `apus simulate`.
  func write(
    _ network: ReactionNetwork, at times: [Double], to path: String,
    moments: (_ name: String, _ point: Int) -> (mean: Double, deviation: Double)?
  ) throws {
    let names = names(network) { moments($0, 0) }
    var text = (["time"] + names.flatMap { ["\($0)-mean", "\($0)-sd"] }).joined(separator: ",")
    text += "\n"
    for (point, time) in times.enumerated() {
      let row = names.map { moments($0, point) ?? (.nan, .nan) }
      text += (["\(time)"] + row.flatMap { ["\($0.mean)", "\($0.deviation)"] })
        .joined(separator: ",")
      text += "\n"
    }
    try Interruption.discarding { try AtomicFile.write(text, to: path) }
  }

  private func json(
    _ solution: MasterSolution, _ network: ReactionNetwork, _ method: SolveMethod,
    _ seconds: Double
  ) -> JSON {
    guard let last = solution.distributions.last else { return [:] }
    return [
      "model": .string(network.name), "until": .number(source.until ?? 0),
      "time": .number(solution.times.last ?? 0),
      "points": .integer(solution.times.count), "tolerance": .number(bound),
      "errorBound": solution.isCertified ? .number(solution.lost) : .null,
      "lost": .number(solution.lost), "states": .integer(last.states),
      "largestSet": .integer(solution.largestSet), "products": .integer(solution.products),
      "seconds": .number(seconds), "final": final(last, network), "marginals": marginals(last),
      "method": .string(method.rawValue),
      "output": output.map { .string($0) } ?? .null,
    ]
  }

  /// Means and standard deviations for `--json`.
  func final(_ distribution: StateDistribution, _ network: ReactionNetwork) -> JSON {
    final(network) { distribution.moments(of: $0) }
  }

  /// Means and standard deviations for `--json`.
  func final(
    _ network: ReactionNetwork, _ moments: (String) -> (mean: Double, deviation: Double)?
  ) -> JSON {
    .array(
      names(network, moments).map { name in
        let moments = moments(name) ?? (.nan, .nan)
        return [
          "name": .string(name), "mean": .number(moments.mean), "sd": .number(moments.deviation),
        ]
      })
  }

  /// The distributions that were asked for, for `--json`.
  func marginals(_ distribution: StateDistribution) -> JSON {
    .array(
      marginals.map { name in
        [
          "name": .string(name),
          "probabilities": .array((distribution.marginal(of: name) ?? []).map { .number($0) }),
        ]
      })
  }

  private func show(_ solution: MasterSolution, _ network: ReactionNetwork, _ seconds: Double) {
    guard let last = solution.distributions.last, let time = solution.times.last else { return }
    show(last, network, head: "At time \(time)")
    print(
      (solution.isCertified
        ? "Errors sum to at most \(solution.lost.significant(3)); "
        : "Lost or estimated to be wrong: \(solution.lost.significant(3)), no certificate; ")
        + "\(last.states.grouped) states"
        + (solution.products > 0 ? ", \(solution.products.grouped) products" : "")
        + " in \(Duration.seconds(seconds).readable)")
    if let output { print("Wrote \(output.escapingControls)") }
  }

  /// Prints means and standard deviations.
  func show(
    _ network: ReactionNetwork, head: String,
    _ moments: (String) -> (mean: Double, deviation: Double)?
  ) {
    var table = TextTable([.init(head), .init("Mean", .right), .init("Sd", .right)])
    for name in names(network, moments) {
      guard let moments = moments(name) else { continue }
      table.add([name, moments.mean.fixed(6), moments.deviation.fixed(6)])
    }
    print(table.rendered(for: .output))
  }

  /// Prints means, standard deviations and the distributions that were asked for.
  func show(_ last: StateDistribution, _ network: ReactionNetwork, head: String) {
    show(network, head: head) { last.moments(of: $0) }
    for name in marginals {
      guard let marginal = last.marginal(of: name) else { continue }
      var table = TextTable([.init(name, .right), .init("Probability", .right)])
      for (value, probability) in marginal.enumerated() where probability >= 1e-6 {
        table.add(["\(value)", probability.fixed(6)])
      }
      print(table.rendered(for: .output))
    }
  }
}
