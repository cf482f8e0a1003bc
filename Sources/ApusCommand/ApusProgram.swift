import ApusApplications
import ApusEngine
import ApusTerminal
import ArgumentParser

/// The `apus` program: one subcommand for each verb.
@main
struct ApusProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus",
    abstract: "Train, evaluate and use models on this machine's processors.",
    discussion: """
      Everything that is trained is a run: a folder under runs/ with its settings, \
      weights, checkpoints, pictures and report.html. A run is named by its folder, \
      or by the folder's name alone.

      EXAMPLES
        apus train fashion --epochs 2
        apus evaluate fashion-1
        apus predict fashion-1 shoe.png
        apus similar words-1 paris
        apus runs
        apus simulate vilar --until 200 --paths 64
        apus solve toggle-switch --until 10
        apus fit counts.csv --network birth-death
      """,
    version: apusVersion,
    subcommands: [
      TrainCommand.self, EvaluateCommand.self, PredictCommand.self, SampleCommand.self,
      SimilarCommand.self, AnalogyCommand.self, OddOneOutCommand.self, ContextCommand.self,
      MapCommand.self, ExportCommand.self, ImportCommand.self,
      RunsCommand.self, SimulateCommand.self, SolveCommand.self, FitCommand.self,
      DoctorCommand.self,
      BenchmarkCommand.self,
    ])

  static func main() async {
    Output.checkAtExit()
    do {
      try ArgumentText.check()
    } catch {
      exit(withError: error)
    }
    if let problem = Machine.instructionSetProblem {
      Output.note("Note: \(problem)")
    }
    var verb: (any ParsableCommand.Type)?
    do {
      try checkHelp(ArgumentText.all)
      var command = try await asyncParseAsRoot(ArgumentText.all)
      verb = type(of: command)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as ValidationError {
      finish(with: error, of: verb)
    } catch {
      finish(with: error)
    }
  }

  /// Refuses `apus help` of a verb that is not there; the parser shows the help of all verbs for it.
  private static func checkHelp(_ arguments: [String]) throws(ValidationError) {
    guard arguments.first == "help" else { return }
    var command: any ParsableCommand.Type = ApusProgram.self
    for name in arguments.dropFirst() where !name.hasPrefix("-") && name != "help" {
      let verbs = command.configuration.subcommands
      guard let found = verbs.first(where: { $0.configuration.commandName == name }) else {
        throw ValidationError("help: expected a verb, got \(name)")
      }
      command = found
    }
  }

  /// Says what is wrong in how a verb is used where only its run shows it.
  private static func finish(
    with error: ValidationError, of verb: (any ParsableCommand.Type)?
  ) -> Never {
    guard let verb else { exit(withError: error) }
    Output.note("Error: \(error.message)")
    let help = helpMessage(for: verb).split(separator: "\n", omittingEmptySubsequences: false)
    let usage = help.drop { !$0.hasPrefix("USAGE: ") }.prefix { !$0.isEmpty }
    for line in usage { Output.note(String(line).replacing("USAGE: ", with: "Usage: ")) }
    exit(withError: ExitCode.validationFailure)
  }

  /// Says what went wrong, on one line where it is no usage error.
  private static func finish(with error: any Error) -> Never {
    guard exitCode(for: error) == .failure else { exit(withError: error) }
    let message = fullMessage(for: error)
    if !message.isEmpty { Output.note(message) }
    exit(withError: ExitCode.failure)
  }
}
