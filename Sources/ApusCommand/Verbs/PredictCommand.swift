import ApusApplications
import ArgumentParser

/// `apus predict`.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Say what pictures show.",
    usage: "apus predict <run> <images> ... <options>",
    discussion: """
      Takes PNG and IDX files (an IDX file may hold many pictures) of any size, in \
      grey or colour, on dark or light ground. Each is made as the training images \
      are: grey, the object bright on black, its surroundings cut away, scaled to fit \
      28 x 28 pixels.

      --uncertainty runs each picture so many times with dropout on (Monte-Carlo \
      dropout) and prints the mean and the standard deviation of the probabilities, \
      the predictive entropy and the mutual information, in nats. The run needs \
      dropout: apus train fashion --dropout 0.2.

      EXAMPLES
        apus predict fashion-1 shoe.png shirt.png
        apus predict fashion-1 pictures.idx --top 3 --json
        apus predict fashion-1 shoe.png --uncertainty 50
      """)

  @OptionGroup var target: RunArgument

  @Argument(help: "PNG or IDX files.")
  var images: [String]

  @Option(name: .long, help: ArgumentHelp("Classes to print for each picture.", valueName: "k"))
  var top = 3

  @Option(
    name: .long,
    help: ArgumentHelp("Say how sure the classes are, from N passes.", valueName: "n"))
  var uncertainty: Int?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    if images.contains("") {
      throw ValidationError("<images>: expected the path of a file, got an empty text")
    }
    if top < 1 { throw ValidationError("--top: expected at least 1, got \(top)") }
    if let uncertainty, !(2...100_000 ~= uncertainty) {
      throw ValidationError("--uncertainty: expected 2 to 100000 passes, got \(uncertainty)")
    }
  }

  func run() throws {
    if let uncertainty { return try predict(passes: uncertainty) }
    let predictions = try FashionRecipe.predict(
      target.folder, images: images.map(\.inputPath), top: top, threads: threads.threads)
    if results.json {
      return Output.show(["predictions": .array(predictions.map(\.json))])
    }
    print(ResultTables.predictions(predictions), terminator: "")
  }

  private func predict(passes: Int) throws {
    let rate =
      try target.folder.record(of: FashionRecipe.name).settings["dropout"]?.double
      ?? FashionSettings().dropout
    if 0 < rate, rate < 0.05 {
      Output.note(
        "Note: the run's dropout of \(rate) hardly changes a pass; train with --dropout 0.2 to learn "
          + "how sure it is")
    }
    let predictions = try FashionRecipe.predict(
      target.folder, images: images.map(\.inputPath), passes: passes, top: top,
      threads: threads.threads)
    if results.json {
      return Output.show(["predictions": .array(predictions.map(\.json))])
    }
    print(ResultTables.predictions(predictions), terminator: "")
  }
}
