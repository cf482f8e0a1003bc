import ApusFormats

/// Questions of the kind *a is to b as c is to d*, in sections, as in `questions-words.txt`.
public struct Analogies: Sendable {
  /// Questions of one kind.
  public struct Section: Sendable {
    /// What stands after the colon.
    public var name: String
    /// Four words each.
    public var questions: [[String]]
  }

  /// The sections in the order of the file.
  public var sections: [Section]

  /// Reads a file: lines `: section`, then lines of four words.
  ///
  /// - Throws: `FormatError` with the line that is neither.
  public init(reading path: String) throws(FormatError) {
    try self.init(CompressedFile.open(path))
  }

  package init(_ source: any ByteSource) throws(FormatError) {
    let lines = LineReader(source, longest: 1 << 16)
    sections = []
    while let line = try lines.next() {
      let fields = line.split { $0 == 32 || $0 == 9 }.map { String(decoding: $0, as: UTF8.self) }
      if fields.isEmpty { continue }
      if line.first == UInt8(ascii: ":") {
        let name = line.dropFirst().split { $0 == 32 || $0 == 9 }
          .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        guard name != "total" else {
          throw FormatError(
            lines.file, .line(lines.number), expected: "another name of a section",
            actual: "total, which is that of all together")
        }
        sections.append(Section(name: name, questions: []))
      } else {
        guard fields.count == 4, !sections.isEmpty else {
          throw FormatError(
            lines.file, .line(lines.number),
            expected: sections.isEmpty ? "a line : and the name of a section" : "four words",
            actual: "\(fields.count) words")
        }
        sections[sections.count - 1].questions.append(fields)
      }
    }
    guard sections.contains(where: { !$0.questions.isEmpty }) else {
      throw FormatError(
        lines.file, .wholeFile, expected: "lines of four words", actual: "none")
    }
  }
}

/// How many questions of a section were answered rightly.
public struct AnalogyScore: Sendable, Hashable {
  /// The section's name.
  public var section: String
  /// Questions whose fourth word was found.
  public var correct: Int
  /// Questions whose four words all have vectors.
  public var total: Int
  /// Questions with a word that has none.
  public var missing: Int

  /// Adds the counts of other questions.
  public static func += (score: inout AnalogyScore, other: AnalogyScore) {
    score.correct += other.correct
    score.total += other.total
    score.missing += other.missing
  }

  public init(section: String, correct: Int, total: Int, missing: Int) {
    self.section = section
    self.correct = correct
    self.total = total
    self.missing = missing
  }

  /// The share that was answered rightly; nil where there was no question.
  public var accuracy: Double? { total > 0 ? Double(correct) / Double(total) : nil }
}

extension NeighbourIndex {
  /// Answers analogies as gensim's `evaluate_word_analogies` defines it.
  ///
  /// Letters' case does not count; of words that differ in it the most frequent stands for all. The answer is
  /// the word most similar to `b − a + c` that is none of the three. Questions with a word that is not among
  /// the first `limit` are left out.
  public func scores(
    of analogies: Analogies, among limit: Int = 300_000
  ) throws(WordVectorError) -> [AnalogyScore] {
    let (names, places) = capitals(of: limit)
    var scores: [AnalogyScore] = []
    for section in analogies.sections {
      let questions = section.questions.compactMap { question -> [Int]? in
        let found = question.compactMap { places[$0.uppercased()] }
        return found.count == 4 ? found : nil
      }
      let answers = try nearest(
        to: questions.map { query(like: $0[1], $0[0], $0[2]) }, count: 5, among: limit)
      var correct = 0
      for (question, answer) in zip(questions, answers) {
        let ignored = question.prefix(3).map { names[$0] }
        let first = answer.first { !ignored.contains(names[$0.place]) }
        if let first, names[first.place] == names[question[3]] { correct += 1 }
      }
      scores.append(
        AnalogyScore(
          section: section.name, correct: correct, total: questions.count,
          missing: section.questions.count - questions.count))
    }
    return scores
  }

  /// The first `limit` words in capitals, and where each of these first stands.
  func capitals(of limit: Int) -> (names: [String], places: [String: Int]) {
    let names = vectors.words.prefix(limit).map { $0.uppercased() }
    return (names, Dictionary(zip(names, names.indices)) { first, _ in first })
  }

  /// The query `like − unlike + also`, without these three.
  func query(like: Int, _ unlike: Int, _ also: Int) -> Query {
    let (b, a, c) = (unitVector(at: like), unitVector(at: unlike), unitVector(at: also))
    return Query(b.indices.map { b[$0] - a[$0] + c[$0] }, excluding: [like, unlike, also])
  }

  /// The words that are to `c` as `b` is to `a`.
  public func analogy(
    _ a: String, _ b: String, _ c: String, top: Int
  ) throws(WordVectorError) -> [Neighbour] {
    let query = query(
      like: try vectors.place(of: b), try vectors.place(of: a), try vectors.place(of: c))
    return try neighbours(of: query, top)
  }

  /// The words most similar to a word, or to the mean of the unit vectors of several.
  public func similar(to words: [String], top: Int) throws(WordVectorError) -> [Neighbour] {
    var places: [Int] = []
    for word in words { places.append(try vectors.place(of: word)) }
    var sum = [Float](repeating: 0, count: vectors.size)
    for place in places {
      for (index, number) in unitVector(at: place).enumerated() { sum[index] += number }
    }
    return try neighbours(of: Query(sum, excluding: places), top)
  }

  private func neighbours(of query: Query, _ count: Int) throws(WordVectorError) -> [Neighbour] {
    try nearest(to: [query], count: count)[0].map {
      Neighbour(word: vectors.words[$0.place], similarity: Double($0.similarity))
    }
  }

  /// The words with their similarity to the mean of all, the least similar first.
  ///
  /// As gensim's `doesnt_match`.
  public func oddOneOut(of words: [String]) throws(WordVectorError) -> [Neighbour] {
    var units: [[Float]] = []
    for word in words { units.append(unitVector(at: try vectors.place(of: word))) }
    var mean = [Double](repeating: 0, count: vectors.size)
    for unit in units {
      for (index, number) in unit.enumerated() { mean[index] += Double(number) }
    }
    let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let scale = length > 0 ? 1 / length : 0
    let similarities = units.map { unit in
      zip(unit, mean).reduce(0) { $0 + Double($1.0) * $1.1 } * scale
    }
    return zip(words, similarities).map { Neighbour(word: $0, similarity: $1) }
      .sorted { $0.similarity < $1.similarity }
  }
}
