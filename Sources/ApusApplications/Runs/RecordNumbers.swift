import ApusFormats

/// The numbers that every record has, whatever its recipe.
enum RecordNumbers {
  /// The most of anything that is counted, and of seconds: sums and products with others do not overflow.
  private static let most = 1 << 53
  private static let mostSeconds = 1e12

  /// Checks those that are there.
  ///
  /// - Throws: ``RunError/damaged(file:reason:)`` with the key, what it takes and what came.
  static func check(_ record: JSONValue, file: String) throws(RunError) {
    for (path, number) in numbers(of: record) {
      let expected: String
      switch path {
      case "threads", "progress.epochs", "progress.totalEpochs", "progress.steps",
        "progress.totalSteps":
        if let count = Int(number), 0...most ~= count { continue }
        expected = "0 to \(most)"
      case "seed":
        if UInt64(number) != nil { continue }
        expected = "0 to \(UInt64.max)"
      case "timings.training", "timings.evaluation":
        if let seconds = Double(number), 0...mostSeconds ~= seconds { continue }
        expected = "0 to \(Int(mostSeconds)) seconds"
      default: continue
      }
      throw .damaged(
        file: file,
        reason: "is not the record of a run: expected \(expected) for \(path), found "
          + number.excerpt)
    }
  }

  /// The numbers at the top and one level below, by their paths.
  private static func numbers(of value: JSONValue, at path: String = "") -> [(String, String)] {
    guard case .object(let members) = value else { return [] }
    return members.flatMap { member -> [(String, String)] in
      switch member.value {
      case .number(let text): [(path + member.name, text)]
      case .object where path.isEmpty: numbers(of: member.value, at: member.name + ".")
      default: []
      }
    }
  }
}
