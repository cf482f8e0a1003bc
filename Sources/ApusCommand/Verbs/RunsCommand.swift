import ApusApplications
import ApusTerminal
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
    print(ResultTables.runs(listings), terminator: "")
    for listing in listings {
      if case .failure(let error) = listing.record { Output.note("\(error)") }
    }
  }
}
