import ApusApplications
import ApusTerminal
import ArgumentParser

/// `apus evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a run on its test data.",
    discussion: """
      A run of words is measured on files of analogies and of pairs of words, by \
      the rules of gensim.

      EXAMPLES
        apus evaluate fashion-1
        apus evaluate runs/mine --data ~/fashion --json
        apus evaluate words-1 --analogies questions-words.txt --similarities WS-353.txt
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

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Of words: files with analogies, in sections.", valueName: "file"))
  var analogies: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Of words: files with pairs and how similar they are.", valueName: "file"))
  var similarities: [String] = []

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit: expected at least 1, got \(limit)") }
  }

  func run() throws {
    let folder = try target.folder
    if try !analogies.isEmpty || !similarities.isEmpty
      || folder.record().recipe == WordsRecipe.name
    {
      return try evaluateWords(folder)
    }
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

  private func evaluateWords(_ folder: RunFolder) throws {
    guard !analogies.isEmpty || !similarities.isEmpty else {
      throw ValidationError("name files with --analogies or --similarities")
    }
    let evaluation = try WordsEvaluation(
      of: folder, analogies: analogies, similarities: similarities, among: limit ?? 300_000,
      threads: threads.threads ?? WordsSettings().threads)
    if results.json { return Output.show(evaluation.json) }
    print(ResultTables.words(evaluation), terminator: "")
  }
}
