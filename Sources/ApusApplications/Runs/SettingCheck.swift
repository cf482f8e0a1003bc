/// Checks a setting.
///
/// - Throws: ``RunError/setting(_:)`` with what was expected and what came.
func expect(
  _ isMet: Bool, _ option: String, _ expected: String, _ actual: some Any
) throws(RunError) {
  guard isMet else { throw .setting("\(option): expected \(expected), got \(actual)") }
}

/// Checks a setting that steps multiply with.
func expectFactor(_ value: Double, _ option: String) throws(RunError) {
  try expect(value > 0, option, "a number above 0", value)
  try expect(Float(value).isNormal, option, "1.2e-38 to 3.4e+38, as float32 holds", value)
}

/// Checks that memory suffices, for the system ends a process that takes more without a word.
///
/// - Parameter free: the bytes that can still be taken; nil where the system does not say.
/// - Throws: ``RunError/noMemory(purpose:needed:free:advice:)``.
func expectMemory(
  _ needed: Double, for purpose: @autoclosure () -> String, advice: String? = nil,
  free: Int? = SystemFiles.availableMemoryBytes
) throws(RunError) {
  guard let free, needed > Double(free) else { return }
  throw .noMemory(purpose: purpose(), needed: Int(needed), free: free, advice: advice)
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
