import FoundationEssentials

/// A run as `apus runs` lists it.
public struct RunListing: Sendable {
  public let folder: RunFolder
  /// What its record says, or the sentence that says why it cannot be read.
  public let record: Result<RunRecord, RunError>
  /// Whether a process trains it now.
  public let isBusy: Bool

  /// The state in one word: a run that says it is running while no process holds it was killed.
  public var state: String {
    switch record {
    case .failure: "unreadable"
    case .success(let record) where record.status == .running: isBusy ? "running" : "killed"
    case .success(let record): record.status.rawValue
    }
  }

  /// The runs in `home`, oldest first, then by name; none where there is no such folder.
  public static func all(in home: String = RunFolder.home) throws(RunError) -> [RunListing] {
    guard RunFolder.isFolder(home) else { return [] }
    let folders = try RunFolder.entries(of: home).map { RunFolder(path: "\(home)/\($0)") }
    return folders.filter { RunFolder.isFolder($0.path) }.map(RunListing.init(of:))
      .sorted { ($0.order, $0.folder.path) < ($1.order, $1.folder.path) }
  }

  /// The run in `folder` as it is now.
  public init(of folder: RunFolder) {
    self.folder = folder
    record = Result { () throws(RunError) in try folder.record() }
    isBusy = RunLock.isHeld(on: folder)
  }

  private var order: Double {
    if case .success(let record) = record { record.created.timeIntervalSince1970 } else { 0 }
  }
}

extension RunListing {
  /// The run as `apus runs --json` prints it.
  public var json: JSON {
    var members: [String: JSON] = [
      "run": .string(folder.path), "name": .string(folder.name), "state": .string(state),
    ]
    switch record {
    case .failure(let error): members["fault"] = .string("\(error)")
    case .success(let record):
      members["recipe"] = .string(record.recipe)
      members["epochs"] = .integer(record.progress.epochs)
      members["totalEpochs"] = .integer(record.progress.totalEpochs)
      members["steps"] = .integer(record.progress.steps)
      members["totalSteps"] = record.progress.totalSteps.map(JSON.integer) ?? .null
      members["begun"] = .string(record.created.formatted(.iso8601))
      members["accuracy"] = record.results?["accuracy"] ?? .null
    }
    return .object(members)
  }
}

extension RunRecord {
  /// The day the run was begun, as `2026-01-31`, UTC.
  public var day: String { String(created.formatted(.iso8601).prefix(10)) }
}
