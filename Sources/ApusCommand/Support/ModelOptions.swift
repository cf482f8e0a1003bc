import ApusApplications
import ApusJumpProcesses
import ApusReactionFormats
import ApusTerminal
import ArgumentParser

/// The model that a verb works on, with the last time where it asks for one, or `--list`.
struct ModelOptions: ParsableArguments {
  @Argument(
    help: "The model: a built-in one, or a file in SBML or the text format.")
  var model: String?

  @Flag(name: .long, help: "List the built-in models.")
  var list = false

  @Option(
    name: .long,
    help: ArgumentHelp("The last time, in the model's unit, from 0 on.", valueName: "time"))
  var until: Double?

  func validate() throws {
    guard !list else { return }
    guard let model, !model.isEmpty else {
      throw ValidationError("<model>: expected a model; --list lists those that are built in")
    }
    if let until, !(until > 0 && until <= 1e300) {
      throw ValidationError("--until: expected a number above 0 and at most 1e300, got \(until)")
    }
  }

  /// Prints the built-in models.
  func showList(asJSON: Bool) {
    if asJSON {
      let models = BuiltInModels.all.map { model -> JSON in
        [
          "name": .string(model.name), "summary": .string(model.summary),
          "text": .string(model.text),
        ]
      }
      return Output.show(["models": .array(models)])
    }
    let rows = BuiltInModels.all.map { ($0.name, $0.summary) }
    print(ResultTables.facts(rows), terminator: "")
  }
}
