import ApusApplications
import ArgumentParser

/// `apus predict`.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Say what pictures show.",
    discussion: """
      Takes PNG and IDX files (an IDX file may hold many pictures) of any size, in \
      grey or colour, on dark or light ground. Each is made as the training images \
      are: grey, the object bright on black, its surroundings cut away, scaled to fit \
      28 x 28 pixels.

      EXAMPLES
        apus predict fashion-1 shoe.png shirt.png
        apus predict fashion-1 pictures.idx --top 3 --json
      """)

  @OptionGroup var target: RunArgument

  @Argument(help: "PNG or IDX files.")
  var images: [String]

  @Option(name: .long, help: ArgumentHelp("Classes to print for each picture.", valueName: "k"))
  var top = 3

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top: expected at least 1, got \(top)") }
  }

  func run() throws {
    let predictions = try FashionRecipe.predict(
      target.folder, images: images, top: top, threads: threads.threads)
    if results.json {
      return Output.show(["predictions": .array(predictions.map(\.json))])
    }
    print(ResultTables.predictions(predictions), terminator: "")
  }
}
