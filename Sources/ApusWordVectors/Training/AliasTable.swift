/// Draws words with probabilities proportional to their weights, each draw in constant time.
///
/// Reference: Vose (1991), "A linear algorithm for generating random numbers with a given
/// distribution", IEEE Transactions on Software Engineering 17.
package struct AliasTable: Sendable {
  /// The share of slot `i` that is `i` itself, of 2³² − 1, in the upper half; the other word in the lower.
  package let entries: [UInt64]

  /// The table of weights that are not negative and not all 0.
  package init(weights: [Double]) {
    let mean = weights.reduce(0, +) / Double(weights.count)
    var shares = weights.map { $0 / mean }
    var small: [Int] = []
    var large: [Int] = []
    for (word, share) in shares.enumerated() {
      if share < 1 { small.append(word) } else { large.append(word) }
    }
    var entries = weights.indices.map { Self.entry(share: 1, other: $0) }
    while let low = small.popLast(), let high = large.popLast() {
      entries[low] = Self.entry(share: shares[low], other: high)
      shares[high] -= 1 - shares[low]
      if shares[high] < 1 { small.append(high) } else { large.append(high) }
    }
    self.entries = entries
  }

  private static func entry(share: Double, other: Int) -> UInt64 {
    UInt64(share * 4_294_967_295) << 32 | UInt64(other)
  }

  /// The probability that each word is drawn with.
  var probabilities: [Double] {
    var sums = [Double](repeating: 0, count: entries.count)
    for (slot, entry) in entries.enumerated() {
      let share = Double(entry >> 32) / 4_294_967_295
      sums[slot] += share
      sums[Int(entry & 0xFFFF_FFFF)] += 1 - share
    }
    return sums.map { $0 / Double(entries.count) }
  }
}
