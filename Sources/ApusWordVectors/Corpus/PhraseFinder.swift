/// Finds pairs of words that come together more often than chance has it, and joins them.
///
/// The score of a pair is `(n(ab) − δ)·N / (n(a)·n(b))` with the counts `n`, the words of the text `N`, and
/// the least count `δ`. Where more than `limit` different pairs were seen, those that came least often so
/// far are forgotten.
///
/// Reference: Mikolov et al. (2013), arXiv:1310.4546, section 4; `word2phrase.c`.
struct PhraseFinder {
  private let threshold: Double
  private let minimumCount: Int
  private let limit: Int
  private var counts: [UInt64: Int] = [:]
  private var leastCount = 1

  init(threshold: Double, minimumCount: Int, limit: Int) {
    self.threshold = threshold
    self.minimumCount = minimumCount
    self.limit = limit
  }

  private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }

  /// Counts the pairs of neighbours in a text.
  mutating func count(_ corpus: EncodedCorpus) throws {
    try corpus.flush()
    var (place, last) = (0, EncodedCorpus.sentenceEnd)
    while place < corpus.count {
      let piece = try corpus.numbers(place..<min(corpus.count, place + 1 << 18))
      for number in piece {
        if last >= 0, number >= 0 { counts[Self.key(last, number), default: 0] += 1 }
        last = number
      }
      place += piece.count
      while counts.count > limit {
        counts = counts.filter { $0.value > leastCount }
        leastCount += 1
      }
    }
  }

  /// Writes the text anew with pairs joined, the first of two that overlap.
  func join(_ corpus: EncodedCorpus, _ table: inout WordTable) throws {
    var joined: [UInt64: Int32] = [:]
    var waiting: Int32?
    let phrases = self.phrases(of: corpus.wordCount, table)
    try corpus.rewrite { piece, output in
      for number in piece {
        if let first = waiting, number >= 0, phrases.contains(Self.key(first, number)) {
          output.append(Self.join(first, number, &joined, &table))
          waiting = nil
        } else {
          if let first = waiting { output.append(first) }
          waiting = number >= 0 ? number : nil
          if number < 0 { output.append(number) }
        }
      }
      if piece.isEmpty, let first = waiting { output.append(first) }
    }
  }

  /// The pairs that become one word.
  private func phrases(of words: Int, _ table: borrowing WordTable) -> Set<UInt64> {
    var phrases = Set<UInt64>()
    for (key, count) in counts where count >= minimumCount {
      let first = table.occurrences(of: Int(key >> 32))
      let second = table.occurrences(of: Int(key & 0xFFFF_FFFF))
      guard first >= minimumCount, second >= minimumCount else { continue }
      let length =
        table.utf8(of: Int(key >> 32)).count + table.utf8(of: Int(key & 0xFFFF_FFFF)).count
      guard length < RepairedWords.longestWord else { continue }
      let score =
        Double(count - minimumCount) * Double(words) / (Double(first) * Double(second))
      if score > threshold { phrases.insert(key) }
    }
    return phrases
  }

  private static func join(
    _ first: Int32, _ second: Int32, _ joined: inout [UInt64: Int32], _ table: inout WordTable
  ) -> Int32 {
    table.removeOccurrence(of: Int(first))
    table.removeOccurrence(of: Int(second))
    let key = Self.key(first, second)
    if let number = joined[key] {
      table.addOccurrence(of: Int(number))
      return number
    }
    let text = Array(table.utf8(of: Int(first))) + [95] + Array(table.utf8(of: Int(second)))
    let number = text.withUnsafeBufferPointer { text in
      text.baseAddress.map { Int32(table.add($0, text.count)) } ?? first
    }
    joined[key] = number
    return number
  }
}
