import ApusWordVectors

/// What vectors know: analogies and similarities, as `apus evaluate` prints them.
public struct WordsEvaluation: Sendable {
  public var analogies: [AnalogyScore]
  /// The score of each file with pairs.
  public var similarities: [(file: String, score: SimilarityScore)]

  /// Evaluates the vectors of a run.
  ///
  /// - Parameter limit: only the so many most frequent words count.
  public init(
    of folder: RunFolder, analogies files: [String], similarities pairs: [String],
    among limit: Int = 300_000, threads: Int
  ) throws {
    let questions = try files.map { try Analogies(reading: $0) }
    let tables = try pairs.map { ($0, try SimilarityPairs(reading: $0)) }
    let index = try NeighbourIndex(WordsRecipe.vectors(of: folder), threads: threads)
    analogies = []
    similarities = tables.map { ($0, index.score(of: $1, among: limit)) }
    for file in questions {
      for score in try index.scores(of: file, among: limit) { add(score) }
    }
  }

  /// Adds a section, to that of the same name where there is one.
  private mutating func add(_ score: AnalogyScore) {
    guard let place = analogies.firstIndex(where: { $0.section == score.section }) else {
      return analogies.append(score)
    }
    analogies[place] += score
  }

  /// All sections together.
  public var total: AnalogyScore {
    analogies.reduce(into: AnalogyScore(section: "total", correct: 0, total: 0, missing: 0), +=)
  }

  public var json: JSON {
    var members: [String: JSON] = [:]
    if !analogies.isEmpty {
      var sections: [String: JSON] = [:]
      for score in analogies + [total] {
        sections[score.section] = .object([
          "correct": .integer(score.correct), "total": .integer(score.total),
          "missing": .integer(score.missing),
          "accuracy": score.accuracy.map { .number($0) } ?? .null,
        ])
      }
      members["analogies"] = .object(sections)
    }
    if !similarities.isEmpty {
      var files: [String: JSON] = [:]
      for (file, score) in similarities {
        files[file] = .object([
          "spearman": score.spearman.map { .number($0) } ?? .null,
          "pairs": .integer(score.pairs), "missing": .integer(score.missing),
        ])
      }
      members["similarities"] = .object(files)
    }
    return .object(members)
  }
}

extension Neighbour {
  /// The neighbour as verbs print it.
  public var json: JSON {
    .object(["word": .string(word), "similarity": .number(similarity)])
  }
}
