import ApusFormats

/// Words of a file as texts; bytes that are no UTF-8 become U+FFFD, for word2vec.c, for one, cuts long words
/// within a character.
struct RepairedWords {
  private(set) var words: [String] = []
  /// How many words were repaired.
  private(set) var repairedCount = 0

  private static let firstLook = 1000
  /// The most bytes of a word in a file.
  static let longestWord = 1 << 16

  var count: Int { words.count }

  /// Adds a word of the file `file`, at `place` in it.
  ///
  /// - Throws: `FormatError` where it is longer than ``longestWord``, or where most of the first thousand words
  ///   are of another encoding, or no words at all.
  mutating func add(
    _ bytes: some Collection<UInt8>, file: String, _ place: FormatError.Place
  ) throws(FormatError) {
    let word = String(decoding: bytes, as: UTF8.self)
    // A fault of one byte becomes a character of three.
    guard word.utf8.count <= Self.longestWord else {
      throw FormatError(
        file, place, expected: "a word of at most \(Self.longestWord) bytes",
        actual: "\(word.utf8.count)")
    }
    words.append(word)
    if !word.utf8.elementsEqual(bytes) { repairedCount += 1 }
    if count == Self.firstLook { try check(file: file, place) }
  }

  /// Refuses words most of which were repaired.
  func check(file: String, _ place: FormatError.Place = .wholeFile) throws(FormatError) {
    guard 2 * repairedCount <= count else {
      throw FormatError(
        file, place, expected: "words in UTF-8",
        actual: "\(repairedCount) of \(count) in another encoding, or bytes of another kind")
    }
  }
}
