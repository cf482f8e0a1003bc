import ApusApplications
import ApusTerminal
import ApusWordVectors
import ArgumentParser

/// `apus map`.
struct MapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Draw words in the plane, alike ones side by side.",
    usage: "apus map <run> [<words> ...] --output <file> [<options>]",
    discussion: """
      EXAMPLES
        apus map words-1 --top 300 --output map.png
        apus map words-1 athens greece oslo norway --method pca --output map.svg
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "Words with vectors; without any, the most frequent ones.")
  var words: [String] = []
  @Option(
    name: .long, help: ArgumentHelp("Frequent words to draw. (default: 300)", valueName: "n"))
  var top: Int?
  @Option(name: .long, help: ArgumentHelp("pca or t-sne.", valueName: "method"))
  var method = WordMap.Method.tsne
  @Option(name: .long, help: ArgumentHelp("The PNG or SVG file to write.", valueName: "file"))
  var output: String
  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard words.isEmpty || top == nil else {
      throw ValidationError("--top: draws frequent words, leave it out where words are named")
    }
    if let top, !(3...WordMap.mostWords ~= top) {
      throw ValidationError("--top: expected 3 to \(WordMap.mostWords), got \(top)")
    }
    guard [".png", ".svg"].contains(where: output.lowercased().hasSuffix) else {
      throw ValidationError("--output: expected a file .png or .svg, got \(output)")
    }
  }

  func run() throws {
    let map = try Interruption.discarding {
      try WordsRecipe.drawMap(
        of: target.folder, words: words, count: top ?? 300, by: method, to: output)
    }
    if results.json { return Output.show(map.json) }
    print("\(map.places.count.counted("word")) in \(output.escapingControls)")
  }
}
