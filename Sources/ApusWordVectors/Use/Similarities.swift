import ApusFormats

/// Pairs of words with how similar people find them, such as WordSim-353.
public struct SimilarityPairs: Sendable {
  public var pairs: [(first: String, second: String, score: Double)]

  /// Reads a file: two words and a number a line, with blanks, tabs or commas between them.
  ///
  /// Lines that begin with `#` are left out, and so is a first line that names the columns.
  /// - Throws: `FormatError` with the line that is not so.
  public init(reading path: String) throws(FormatError) {
    try self.init(CompressedFile.open(path))
  }

  package init(_ source: any ByteSource) throws(FormatError) {
    let lines = LineReader(source, longest: 1 << 16)
    pairs = []
    var hasHeading = false
    while let line = try lines.next() {
      if line.first == UInt8(ascii: "#") { continue }
      let fields = line.split { [32, 9, 13, UInt8(ascii: ",")].contains($0) }
        .map { String(decoding: $0, as: UTF8.self) }
      if fields.isEmpty { continue }
      guard fields.count == 3, let score = Double(fields[2]), score.isFinite else {
        let last = fields.last ?? ""
        let isNumber =
          Double(last) != nil || last.first.map { $0.isNumber || "+-.".contains($0) } ?? true
        if pairs.isEmpty, !hasHeading, !isNumber {
          hasHeading = true
          continue
        }
        throw FormatError(
          lines.file, .line(lines.number), expected: "two words and a number",
          actual: String(decoding: line.prefix(60), as: UTF8.self))
      }
      pairs.append((fields[0], fields[1], score))
    }
    guard !pairs.isEmpty else {
      throw FormatError(lines.file, .wholeFile, expected: "pairs of words", actual: "none")
    }
  }
}

/// How well similarities of vectors order pairs as people do.
public struct SimilarityScore: Sendable, Hashable {
  /// Spearman's ρ; nil with fewer than two pairs, or where all similarities are equal.
  public var spearman: Double?
  /// Pairs whose words both have vectors, and pairs with a word that has none.
  public var pairs: Int
  public var missing: Int
}

extension NeighbourIndex {
  /// Compares pairs as gensim's `evaluate_word_pairs` does: letters' case does not count, and pairs with a
  /// word that is not among the first `limit` are left out.
  public func score(of file: SimilarityPairs, among limit: Int = 300_000) -> SimilarityScore {
    let places = capitals(of: limit).places
    var (similarities, scores): ([Double], [Double]) = ([], [])
    for pair in file.pairs {
      guard let first = places[pair.first.uppercased()],
        let second = places[pair.second.uppercased()]
      else { continue }
      similarities.append(similarity(first, second))
      scores.append(pair.score)
    }
    return SimilarityScore(
      spearman: spearman(similarities, scores), pairs: scores.count,
      missing: file.pairs.count - scores.count)
  }
}

/// Spearman's rank correlation: Pearson's of the ranks, ties sharing the mean of theirs.
func spearman(_ first: [Double], _ second: [Double]) -> Double? {
  guard first.count > 1 else { return nil }
  let (a, b) = (ranks(of: first), ranks(of: second))
  let mean = Double(first.count - 1) / 2
  var (product, squareA, squareB) = (0.0, 0.0, 0.0)
  for (x, y) in zip(a, b) {
    product += (x - mean) * (y - mean)
    squareA += (x - mean) * (x - mean)
    squareB += (y - mean) * (y - mean)
  }
  return squareA > 0 && squareB > 0 ? product / (squareA * squareB).squareRoot() : nil
}

/// Ranks from 0; equal values have the mean of theirs.
func ranks(of values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start
    while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
    for place in start...end { ranks[order[place]] = Double(start + end) / 2 }
    start = end + 1
  }
  return ranks
}
