import ApusFormats

/// The numbers of a record: all are finite, and those that every recipe has are what they can be.
enum RecordNumbers {
  /// The most of anything that is counted, and of seconds: sums and products with others do not overflow.
  private static let most = 1 << 53
  private static let mostSeconds = 1e12

  /// Checks those that are there.
  ///
  /// - Throws: ``RunError/damaged(file:reason:)`` with the key, what it takes and what came.
  static func check(_ record: JSONValue, file: String) throws(RunError) {
    var path: [String] = []
    try check(record, at: &path, file)
  }

  private static func check(
    _ value: JSONValue, at path: inout [String], _ file: String
  ) throws(RunError) {
    switch value {
    case .number(let text):
      guard let expected = expectation(of: text, at: path) else { return }
      throw .damaged(
        file: file,
        reason: "is not the record of a run: expected \(expected) for "
          + "\(path.joined(separator: ".").excerpt), found \(text.excerpt)")
    case .object(let members):
      for member in members {
        path.append(member.name)
        try check(member.value, at: &path, file)
        path.removeLast()
      }
    case .array(let values):
      for (index, value) in values.enumerated() {
        path.append("\(index)")
        try check(value, at: &path, file)
        path.removeLast()
      }
    case .null, .truth, .string: return
    }
  }

  /// What a number should have been; nil where it may be what it is.
  private static func expectation(of number: String, at path: [String]) -> String? {
    switch path {
    case ["threads"], ["progress", "epochs"], ["progress", "totalEpochs"], ["progress", "steps"],
      ["progress", "totalSteps"]:
      if let count = Int(number), 0...most ~= count { return nil }
      return "0 to \(most)"
    case ["seed"]: return UInt64(number) != nil ? nil : "0 to \(UInt64.max)"
    case ["timings", "training"], ["timings", "evaluation"]:
      if let seconds = Double(number), 0...mostSeconds ~= seconds { return nil }
      return "0 to \(Int(mostSeconds)) seconds"
    default:
      return Double(number)?.isFinite == true ? nil : "a number whose size is at most 1.8e308"
    }
  }
}
