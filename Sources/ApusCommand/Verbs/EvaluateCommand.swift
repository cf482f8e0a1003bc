import ApusApplications
import ApusTerminal
import ArgumentParser

/// `apus evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a run on its test data.",
    discussion: """
      EXAMPLES
        apus evaluate fashion-1
        apus evaluate runs/mine --data ~/fashion --json
      """)

  @OptionGroup var target: RunArgument

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder with the data. (default: the one the run was trained on)", valueName: "dir"))
  var data: String?

  @Option(
    name: .long, help: ArgumentHelp("Use only the first N examples.", valueName: "n"))
  var limit: Int?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit: expected at least 1, got \(limit)") }
  }

  func run() throws {
    let folder = try target.folder
    let result = try FashionRecipe.evaluate(
      folder, data: data, limit: limit, threads: threads.threads)
    if results.json { return Output.show(result.json) }
    let facts = ResultTables.facts([
      ("Accuracy", result.accuracy.percent()), ("Loss", result.loss.fixed(4)),
      ("Images", result.examples.grouped),
    ])
    print(facts)
    print(ResultTables.classes(of: result))
    print("Columns: what the images were taken for.")
    print(ResultTables.confusion(of: result), terminator: "")
  }
}
