import ApusApplications
import ApusEngine
import ArgumentParser

/// `--json`, for every verb that prints results.
struct ResultOptions: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON object instead of text.")
  var json = false
}

/// `--threads`, for every verb that computes.
struct ThreadOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Threads to compute with. (default: all cores)", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...512 ~= threads) {
      throw ValidationError("--threads: expected 1 to 512, got \(threads)")
    }
  }
}

/// The run a verb works on.
struct RunArgument: ParsableArguments {
  @Argument(help: "The run: its folder, or the name of a folder under runs/.")
  var run: String

  func validate() throws {
    guard !run.isEmpty else {
      throw ValidationError("<run>: expected a folder or its name, got an empty text")
    }
  }

  /// The folder of the run.
  var folder: RunFolder {
    get throws { try RunFolder.find(run) }
  }
}

extension Precision: ExpressibleByArgument {}
extension FashionSettings.Augmentation: ExpressibleByArgument {}
extension FashionSettings.FirstWeights: ExpressibleByArgument {}

/// Refuses empty texts where the path of a folder is expected.
func refuseEmptyFolders(_ paths: [(option: String, path: String?)]) throws {
  for (option, path) in paths where path?.isEmpty == true {
    throw ValidationError("\(option): expected the path of a folder, got an empty text")
  }
}
