/// What a recorder left in a checkpoint.
struct CheckpointNote {
  let entries: [String: String]
  let folder: String

  /// A number from 0; 0 where there is none.
  func number(_ key: String, below bound: Double) throws(RunError) -> Double {
    guard let text = entries[key] else { return 0 }
    return try number(text[...], key, below: bound)
  }

  /// Numbers from 0 with blanks between them; none where there is no entry.
  func numbers(_ key: String, below bound: Double) throws(RunError) -> [Double] {
    var numbers: [Double] = []
    for text in (entries[key] ?? "").split(separator: " ") {
      numbers.append(try number(text, key, below: bound))
    }
    return numbers
  }

  private func number(
    _ text: Substring, _ key: String, below bound: Double
  ) throws(RunError) -> Double {
    guard let number = Double(text), number >= 0, number < bound else {
      throw .damaged(
        file: folder, reason: "the checkpoint's \(key): expected 0 to below \(bound), got \(text)")
    }
    return number
  }
}
