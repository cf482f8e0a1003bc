import ApusApplications
import ApusTerminal
import ArgumentParser

/// `apus evaluate`.
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a run on its test data, or pictures beside Fashion-MNIST's.",
    usage: "apus evaluate <run> <options>",
    discussion: """
      Of words: analogies, and pairs of words, by the rules of gensim. Of a classifier: \
      accuracy, loss and the measures of each class. Of a run of fashion-gan, and of pictures that others made (a folder of 28 x 28 PNG files, or \
      a .npy or .npz file of uint8 or of 0 to 1): how like the test images they are, \
      in the features of a classifier. A run of fashion-gan makes 10,000 pictures for it. \
      The classifier is runs/fashion-gan-features, trained once, or the run of fashion \
      that --features names; figures of two classifiers cannot be compared.

      EXAMPLES
        apus evaluate fashion-1
        apus evaluate runs/mine --data ~/fashion --json
        apus evaluate words-1 --analogies questions-words.txt --similarities WS-353.txt
        apus evaluate fashion-gan-1
        apus evaluate samples.npz --features fashion-1
      """)

  @Argument(help: "The run: its folder, or the name of a folder under runs/; or pictures.")
  var run: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder with the data. (default: the one the run was trained on)", valueName: "dir"))
  var data: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Use only the first N test examples, or N pictures of either kind; of words, answers among the N "
        + "most frequent words. (default: of a classifier as it was trained, of words 300,000)",
      valueName: "n"))
  var limit: Int?

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Of words: files with analogies, in sections.", valueName: "file"))
  var analogies: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Of words: files with pairs and how similar they are.", valueName: "file"))
  var similarities: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A run of fashion in whose features pictures are compared.", valueName: "run")
  )
  var features: String?

  @Option(
    name: .long, help: ArgumentHelp("Gives the noise of a GAN's pictures.", valueName: "n"))
  var seed: UInt64?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard !run.isEmpty else {
      throw ValidationError("<run>: expected a folder or its name, got an empty text")
    }
    try refuseEmptyFolders([("--data", data), ("--features", features)])
    if let limit, limit < 1 { throw ValidationError("--limit: expected at least 1, got \(limit)") }
  }

  func run() async throws {
    if GANRecipe.holdsPictures(run) {
      try refuse(
        [("--seed", seed != nil)], because: "gives the noise of a run, these pictures are made")
      try refuseWordFiles()
      return show(
        try await comparing { [run, request] display in
          try await GANRecipe.evaluate(
            picturesAt: run, request, reportingTo: display.report, begun: display.begin)
        })
    }
    let folder = try RunFolder.find(run)
    let recipe = try folder.record().recipe
    if recipe == WordsRecipe.name { return try evaluateWords(folder) }
    try refuseWordFiles()
    guard recipe == GANRecipe.name else { return try classify(folder) }
    show(
      try await comparing { [request] display in
        try await GANRecipe.evaluate(
          folder, request, reportingTo: display.report, begun: display.begin)
      })
  }

  /// Compares pictures, and shows how the classifier is trained where it is not there yet.
  private func comparing(
    _ compare: @escaping @Sendable (TrainingDisplay) async throws -> SampleQuality
  ) async throws -> SampleQuality {
    let display = TrainingDisplay(isQuiet: false)
    defer { display.end() }
    let outcome = try await Interruption.handling(
      notice: display.stopping,
      kept: features == nil
        ? "Stopped; what the classifier has learnt for it is kept." : "Stopped."
    ) { try await compare(display) }
    return switch outcome {
    case .done(let quality), .interrupted(let quality, _): quality
    }
  }

  private var request: GANRecipe.EvaluationRequest {
    var request = GANRecipe.EvaluationRequest()
    request.data = data
    request.features = features
    request.limit = limit
    request.seed = seed ?? 0
    request.threads = threads.threads
    return request
  }

  private func show(_ quality: SampleQuality) {
    if min(quality.samples, quality.examples) < 2000 {
      Output.note(
        "Note: Fréchet distances of few pictures come out too large; compare those of equally many")
    }
    if results.json { return Output.show(quality.json) }
    let facts = ResultTables.facts([
      ("Fréchet distance", quality.frechetDistance.fixed(3)),
      ("Precision", quality.precision.percent()), ("Recall", quality.recall.percent()),
      ("Pictures", quality.samples.grouped), ("Test images", quality.examples.grouped),
      ("Features", quality.features),
    ])
    print(facts)
    print(ResultTables.balance(of: quality), terminator: "")
  }

  private func classify(_ folder: RunFolder) throws {
    try refuse(
      [("--features", features != nil), ("--seed", seed != nil)],
      because: "is for runs of fashion-gan and for pictures")
    if limit == nil, case .integer(let recorded)? = try folder.record().settings["limit"] {
      Output.note(
        "Note: the run was trained with --limit \(recorded), which holds for test images, too")
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

  private func refuse(_ options: [(name: String, isGiven: Bool)], because reason: String) throws {
    for option in options where option.isGiven {
      throw ValidationError("\(option.name) \(reason)")
    }
  }

  private func refuseWordFiles() throws {
    try refuse(
      [("--analogies", !analogies.isEmpty), ("--similarities", !similarities.isEmpty)],
      because: "is for runs of words")
  }

  private func evaluateWords(_ folder: RunFolder) throws {
    try refuse(
      [("--features", features != nil), ("--seed", seed != nil), ("--data", data != nil)],
      because: "is not for words")
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
