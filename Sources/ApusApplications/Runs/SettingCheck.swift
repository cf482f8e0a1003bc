/// Checks a setting.
///
/// - Throws: ``RunError/setting(_:)`` with what was expected and what came.
func expect(
  _ isMet: Bool, _ option: String, _ expected: String, _ actual: some Any
) throws(RunError) {
  guard isMet else { throw .setting("\(option): expected \(expected), got \(actual)") }
}

extension RunRecord {
  /// The settings of the record of `folder`.
  ///
  /// - Throws: ``RunError/damaged(file:reason:)`` where one is missing or of another type.
  func settings<Settings: Decodable>(
    as type: Settings.Type, of folder: RunFolder
  ) throws(RunError) -> Settings {
    do {
      return try settings.decoded(as: type)
    } catch let error as DecodingError {
      throw .damaged(file: folder.recordFile, reason: "its settings are wrong: " + error.sentence)
    } catch {
      throw .damaged(file: folder.recordFile, reason: "its settings are wrong: \(error)")
    }
  }
}
