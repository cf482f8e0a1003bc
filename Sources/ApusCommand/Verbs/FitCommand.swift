import ApusApplications
import ApusEngine
import ApusJumpProcesses
import ApusReactionFormats
import ApusTerminal
import ArgumentParser

/// `apus fit`.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Estimate the rates of a Markov process from what was seen of it.",
    usage: """
      apus fit <data> --states <names> <options>
      apus fit <data> --network <model> <options>
      """,
    discussion: """
      The data are a CSV file with a header: the column time; path, where there are \
      several; and either one column of states, or one for each species. By default \
      lines are what was seen at times (snapshots); with --complete each line is a \
      jump, and the last one of a path ends its observation.

      With --states the rates between the states are estimated: jumps over time for \
      complete paths, expectation and maximization for snapshots. With --network the \
      parameters of a reaction network are, by their likelihood: of the paths, or by \
      the master equation from each snapshot to the next.

      --method simulation compares simulated paths with snapshots instead. It needs \
      neither every species nor a small number of states, and takes longer: paths \
      begin at time 0 in the model's state.

      EXAMPLES
        apus fit channel.csv --states closed,open --complete
        apus fit ratings.csv --states all
        apus fit counts.csv --network birth-death
        apus fit counts.csv --network model.txt --parameters k,d --json
        apus fit proteins.csv --network gene-expression --method simulation
      """)

  /// What lines of the data are.
  private var observation: NetworkFit.Observation { complete ? .jumps : .snapshots }

  @Argument(help: "The observations, a CSV file.")
  var data: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Estimate the rates between these states; all takes those of the file.", valueName: "names"))
  var states: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Estimate the parameters of this model: a built-in one, or a file in SBML or the text format.",
      valueName: "model"))
  var network: String?

  @Flag(name: .long, help: "Lines are jumps, and every jump is there.")
  var complete = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Parameters of the model to estimate. (default: all that rates read)", valueName: "names"))
  var parameters: String?

  /// How the parameters of a network are found.
  enum Method: String, CaseIterable, ExpressibleByArgument {
    case likelihood, simulation
  }

  @Option(name: .long, help: ArgumentHelp("How a --network is fitted.", valueName: "method"))
  var method = Method.likelihood

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a fit by simulation: particles to keep. (default: 400)", valueName: "n"))
  var particles: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a fit by simulation: the factor from the model's values within which to search. "
        + "(default: 100)",
      valueName: "factor"))
  var range: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a fit by simulation: what its random numbers follow from. (default: 1)",
      valueName: "n"))
  var seed: UInt64?

  @Option(
    name: .long, help: ArgumentHelp("Confidence of the intervals.", valueName: "p"))
  var confidence = 0.95

  @Option(
    name: .long,
    help: ArgumentHelp(
      "States of a master equation to keep at most. (default: 1,000,000)", valueName: "n"))
  var maxStates: Int?

  @Flag(name: .long, help: "Show no progress.")
  var quiet = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  private var particleCount: Int { particles ?? 400 }

  func validate() throws {
    guard (states == nil) != (network == nil) else {
      throw ValidationError("expected either --states or --network")
    }
    guard Set(names(states)).count == names(states).count else {
      throw ValidationError("--states: a state is named twice")
    }
    guard Set(names(parameters)).count == names(parameters).count else {
      throw ValidationError("--parameters: a parameter is named twice")
    }
    guard network != nil || parameters == nil else {
      throw ValidationError("--parameters: only a --network has parameters")
    }
    guard method == .likelihood || (network != nil && !complete) else {
      throw ValidationError("--method simulation: expected a --network and snapshots")
    }
    guard method == .simulation || (particles == nil && range == nil && seed == nil) else {
      throw ValidationError("--particles, --range and --seed go with --method simulation")
    }
    let hasEquation = network != nil && method == .likelihood && !complete
    guard maxStates == nil || hasEquation else {
      throw ValidationError(
        "--max-states: only a --network fitted to snapshots by likelihood has states")
    }
    if let particles, !(20...1_000_000 ~= particles) {
      throw ValidationError("--particles: expected 20 to 1000000, got \(particles)")
    }
    if let range, !(range > 1 && range < 1e12) {
      throw ValidationError("--range: expected a number above 1 and below 1e12, got \(range)")
    }
    guard states == nil || !names(states).isEmpty else {
      throw ValidationError("--states: expected names of states, or all")
    }
    guard confidence > 0, confidence < 1 else {
      throw ValidationError("--confidence: expected a number between 0 and 1, got \(confidence)")
    }
    if let maxStates, !(1...1_000_000_000 ~= maxStates) {
      throw ValidationError("--max-states: expected 1 to 1000000000, got \(maxStates)")
    }
  }

  func run() throws {
    let file = try ObservationFile(contentsOf: data.inputPath)
    let line = ProgressLine(isQuiet: quiet)
    defer { line.clear() }
    line.showNow(method == .simulation ? "the first population …" : "the first likelihood …")
    let report = { (iteration: Int, logLikelihood: Double) in
      line.show("step \(iteration)  log-likelihood \(logLikelihood.fixed(4))")
    }
    do {
      if let network, method == .simulation {
        let fit = try simulate(ModelFile.open(network), for: file, line)
        line.clear()
        show(fit)
      } else if let network {
        let fit = try fit(ModelFile.open(network), to: file, report)
        line.clear()
        show(fit)
      } else {
        let fit = try fitGenerator(to: file, report)
        line.clear()
        show(fit)
      }
    } catch FitError.data(let line, let text) {
      throw NetworkFault(data, line.map { .init(line: $0, column: 1) }, text)
    }
  }

  private func names(_ list: String?) -> [String] {
    (list ?? "").split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
  }

  private func fitGenerator(
    to file: ObservationFile, _ report: (Int, Double) throws -> Void
  ) throws -> GeneratorFit {
    let given = states == "all" ? [] : names(states)
    let (states, records) = try file.stateRecords(given)
    return complete
      ? try GeneratorFit(completePaths: records, states: states, confidence: confidence)
      : try GeneratorFit(snapshots: records, states: states, confidence: confidence, report: report)
  }

  private func estimator(
    _ network: ReactionNetwork, of file: ObservationFile
  ) throws -> NetworkEstimator {
    var estimator = try NetworkEstimator(
      network, parameters: names(parameters), species: file.columns)
    estimator.confidence = confidence
    estimator.threads = threads.threads ?? Machine.coreCount
    estimator.stateLimit = maxStates ?? 1_000_000
    return estimator
  }

  private func simulate(
    _ network: ReactionNetwork, for file: ObservationFile, _ line: ProgressLine
  ) throws -> SimulationFit {
    var search = SimulationEstimator(try estimator(network, of: file))
    search.particles = particleCount
    search.range = range ?? 100
    search.seed = seed ?? 1
    return try search.fit(file.countRecords()) { population, distance in
      line.show("population \(population)  within \(distance.significant(4)) standard errors")
    }
  }

  private func fit(
    _ network: ReactionNetwork, to file: ObservationFile, _ report: (Int, Double) throws -> Void
  ) throws -> NetworkFit {
    try estimator(network, of: file).fit(file.countRecords(), seenAt: observation, report: report)
  }

  private func show(_ fit: GeneratorFit) {
    if results.json {
      return Output.show(
        FitResults.json(
          of: fit.estimates, named: "rates", fit.logLikelihood, fit.fit,
          [
            "states": .array(fit.states.map { .string($0) }),
            "generator": .array(fit.rates.map { .array($0.map { .number($0) }) }),
            "embeddable": FitResults.json(of: fit.embeddability),
            "iterations": .integer(fit.iterations),
          ]))
    }
    print(FitResults.table(of: fit.estimates, "Rate", confidence))
    if let embeddability = fit.embeddability { print(FitResults.sentence(about: embeddability)) }
    print(FitResults.sentences(about: fit.fit, fit.logLikelihood))
  }

  private func show(_ fit: NetworkFit) {
    if results.json {
      return Output.show(
        FitResults.json(
          of: fit.estimates, named: "parameters", fit.logLikelihood, fit.fit,
          ["model": .string(fit.network.name), "iterations": .integer(fit.iterations)]))
    }
    print(FitResults.table(of: fit.estimates, "Parameter", confidence))
    print(FitResults.sentences(about: fit.fit, fit.logLikelihood))
  }
}

extension FitCommand {
  private func show(_ fit: SimulationFit) {
    if results.json {
      return Output.show(
        FitResults.json(
          of: fit.estimates, named: "parameters", nil, fit.fit,
          [
            "model": .string(fit.network.name), "distance": .number(fit.distance),
            "populations": .integer(fit.populations), "simulations": .integer(fit.simulations),
          ]))
    }
    print(FitResults.table(of: fit.estimates, "Parameter", confidence))
    print(
      "Within \(fit.distance.significant(4)) standard errors of the records, after "
        + "\(fit.populations) populations of \(particleCount) and \(fit.simulations) simulations")
    if let fit = fit.fit { print(FitResults.sentence(about: fit)) }
  }
}

extension Substring {
  /// Without blanks at both ends.
  fileprivate var trimmed: String {
    let front = drop(while: \.isWhitespace)
    return String(front.dropLast(front.reversed().prefix(while: \.isWhitespace).count))
  }
}
