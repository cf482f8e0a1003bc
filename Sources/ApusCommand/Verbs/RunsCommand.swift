import ApusApplications
import ArgumentParser

/// `apus runs`.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "List the runs under runs/.",
    discussion: """
      EXAMPLES
        apus runs
        apus runs --json
      """)

  @OptionGroup var results: ResultOptions

  func run() throws {
    let listings = try RunListing.all()
    if results.json { return Output.show(["runs": .array(listings.map(\.json))]) }
    guard !listings.isEmpty else { return print("There are no runs under \(RunFolder.home)/ yet.") }
    let rows = listings.map { listing -> [String] in
      guard case .success(let record) = listing.record else {
        return [listing.folder.name, "", listing.state, "", "", "", listing.folder.path]
      }
      return [
        listing.folder.name, record.recipe, listing.state,
        "\(record.progress.epochs)/\(record.progress.totalEpochs)",
        record.results?["accuracy"]?.double?.percent() ?? "", record.day, listing.folder.path,
      ]
    }
    print(
      ResultTables.table(
        ["Run", "Recipe", "State", "Epochs", "Accuracy", "Begun", "Folder"], rows))
    for listing in listings {
      if case .failure(let error) = listing.record { Output.note("\(error)") }
    }
  }
}
