import ApusApplications
import ApusJumpProcesses
import ApusReactionFormats
import ApusTerminal
import ArgumentParser

/// `apus fit`.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit the rates of a Markov jump process to data.",
    usage: "apus fit <data> --states <names> | --network <model> <options>",
    discussion: """
      The data is a CSV file with a column time, rows in rising order, and a column path \
      where there are several. With --states a column state names the states, and each \
      row is a jump, the last one the end; with --at-times rows are looks at a process \
      that moves unseen between them. With --network the other columns are counts of \
      species, and paths begin as the model says. Intervals are of 95 %.

      EXAMPLES
        apus fit channel.csv --states closed,open
        apus fit ratings.csv --states A,B,D --at-times
        apus fit counts.csv --network model.txt --parameters k,d
      """)

  @Argument(help: "The data, a CSV file.")
  var data: String

  @Option(
    name: .long,
    help: ArgumentHelp("States of a chain, by commas.", valueName: "names"))
  var states: String?

  @Flag(name: .long, help: "States were seen at the times of the rows only.")
  var atTimes = false

  @Option(
    name: .long,
    help: ArgumentHelp("A model: built in, or a file.", valueName: "model"))
  var network: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Constants to fit, by commas. (default: all)", valueName: "names"))
  var parameters: String?

  @OptionGroup var results: ResultOptions

  private func list(_ text: String) -> [String] {
    text.split(separator: ",").map { $0.split(separator: " ").joined(separator: " ") }
  }

  func validate() throws {
    guard (states == nil) != (network == nil) else {
      throw ValidationError("expected either --states or --network")
    }
    if let states {
      let names = list(states)
      guard names.count > 1, Set(names).count == names.count else {
        throw ValidationError("--states: expected two or more different names, got \(states)")
      }
      guard parameters == nil else { throw ValidationError("--parameters goes with --network") }
    } else if atTimes {
      throw ValidationError("--at-times goes with --states")
    }
  }

  func run() throws {
    let table = try ObservationTable.open(data)
    if let network {
      let series = try table.counts()
      let fit = try NetworkFit(
        ModelFile.open(network), to: series, columns: table.columns,
        parameters: parameters.map(list))
      return show(
        "constants", fit.constants, fit.logLikelihood, fit.fit,
        ["method": "likelihood", "network": .string(network)],
        facts: [
          ("observations", .integer(fit.observations)), ("states", .integer(fit.states)),
          ("evaluations", .integer(fit.evaluations)),
        ])
    }
    let names = list(states ?? "")
    let paths = try table.paths(states: names)
    guard atTimes else {
      let fit = try PathFit(paths, states: names)
      return show(
        "rates", fit.rates, fit.logLikelihood, fit.fit, ["method": "paths"],
        facts: [("jumps", .integer(fit.jumps))])
    }
    let fit = try GeneratorFit(paths, states: names)
    let embedding = fit.embedding.map { embedding -> JSON in
      [
        "determinant": .number(embedding.determinant),
        "smallestRate": embedding.smallestRate.map { .number($0) } ?? .null,
        "embeddable": .bool(embedding.isEmbeddable),
      ]
    }
    show(
      "rates", fit.rates, fit.logLikelihood, fit.fit,
      ["method": "generator", "embedding": embedding ?? .null],
      facts: [
        ("observations", .integer(fit.observations)), ("iterations", .integer(fit.iterations)),
      ])
    guard !results.json, let embedding = fit.embedding else { return }
    print(
      embedding.isEmbeddable
        ? "The frequencies come from a generator: their logarithm is one"
        : "The frequencies come from no generator that is their principal logarithm; determinant "
          + "\(embedding.determinant.fixed(6))")
  }

  private func show(
    _ key: String, _ estimates: [Estimate], _ logLikelihood: Double, _ fit: ChiSquare?,
    _ extra: [String: JSON], facts: [(String, JSON)]
  ) {
    if results.json {
      var members = extra
      members["data"] = .string(data)
      members[key] = .array(
        estimates.map {
          [
            "name": .string($0.name), "value": .number($0.value), "lower": .number($0.lower),
            "upper": .number($0.upper),
          ]
        })
      members["logLikelihood"] = .number(logLikelihood)
      members["fit"] =
        fit.map {
          [
            "chiSquare": .number($0.statistic), "freedom": .integer($0.freedom),
            "probability": .number($0.probability),
          ]
        } ?? .null
      for (name, value) in facts { members[name] = value }
      return Output.show(.object(members))
    }
    var table = TextTable([
      .init(key == "rates" ? "Rate" : "Constant"), .init("Estimate", .right),
      .init("from", .right), .init("to", .right),
    ])
    for estimate in estimates {
      table.add([
        estimate.name, estimate.value.fixed(6), estimate.lower.fixed(6), estimate.upper.fixed(6),
      ])
    }
    print(table.rendered(for: .output))
    let counts = facts.map { "\($0.1.line) \($0.0)" }.joined(separator: ", ")
    print("Log-likelihood \(logLikelihood.fixed(4)); \(counts)")
    guard let fit else { return print("Too little data, or too uneven, to test the fit") }
    print(
      "Fit: χ² \(fit.statistic.fixed(2)) of \(fit.freedom) degrees of freedom, probability "
        + fit.probability.fixed(4))
  }
}
