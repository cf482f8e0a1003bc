import ApusFormats

extension [String] {
  /// How many words hold U+FFFD, the sign for bytes that were not UTF-8: word2vec.c, for one, cuts long
  /// words within a character.
  package var repairedCount: Int {
    count { word in word.utf8.count > 2 && word.unicodeScalars.contains("\u{FFFD}") }
  }

  /// Refuses words most of which were not UTF-8: they are of another encoding, or no words at all.
  func refuseOtherEncodings(file: String) throws(FormatError) {
    let repaired = repairedCount
    guard 2 * repaired <= count else {
      throw FormatError(
        file, .wholeFile, expected: "words in UTF-8",
        actual: "\(repaired) of \(count) in another encoding, or bytes of another kind")
    }
  }
}
