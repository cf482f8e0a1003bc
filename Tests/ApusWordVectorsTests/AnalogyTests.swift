import ApusTensors
import ApusWordVectors
import Testing

/// Analogies in space, where the answer is known.
@Suite struct AnalogyTests {
  private static let words = ["man", "king", "woman", "queen", "apple", "pear"]

  /// A king is a little above a man, a queen a little above a woman.
  private static let rows: [[Double]] = [
    [1, 0, 0], [2, 0, 0.5], [0, 3, 0], [0, 1, 1], [-1, 0, 0], [0, 0, -2],
  ]

  private func index() throws -> NeighbourIndex {
    let numbers = Self.rows.flatMap(\.self).map { Float($0) }
    let vectors = try WordVectors(
      words: Self.words, vectors: Tensor(numbers, shape: [Self.words.count, 3]))
    return try NeighbourIndex(vectors, threads: 1)
  }

  private func product(_ a: [Double], _ b: [Double]) -> Double {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
  }

  private func unit(_ place: Int) -> [Double] {
    let row = Self.rows[place]
    return row.map { $0 / product(row, row).squareRoot() }
  }

  /// King − man + woman, of unit vectors.
  private var query: [Double] {
    let (man, king, woman) = (unit(0), unit(1), unit(2))
    return (0..<3).map { king[$0] - man[$0] + woman[$0] }
  }

  @Test func theNearestOfTheOtherWordsIsTheAnswer() throws {
    let index = try index()
    let found = try index.analogy("man", "king", "woman", top: 10)
    #expect(found.map(\.word) == ["queen", "apple", "pear"])
    let length = product(query, query).squareRoot()
    for (place, one) in zip(3..<6, found) {
      #expect(abs(one.similarity - product(query, unit(place)) / length) < 1e-6, "\(one.word)")
    }
    #expect(try index.analogy("man", "king", "woman", top: 1) == Array(found.prefix(1)))
    // The other way round: woman is to queen as man is to king.
    #expect(try index.analogy("woman", "queen", "man", top: 1).map(\.word) == ["king"])
  }

  /// Woman is nearer to the query than queen is.
  @Test func theThreeWordsAreNoAnswers() throws {
    let index = try index()
    let all = try index.nearest(to: [.init(query.map { Float($0) })], count: 2)[0]
    #expect(all.map(\.place) == [2, 3])
    let given = ["man", "king", "woman"]
    for a in given {
      for b in given where b != a {
        for c in given where c != a && c != b {
          let found = try index.analogy(a, b, c, top: 10)
          #expect(Set(found.map(\.word)) == ["queen", "apple", "pear"])
        }
      }
    }
  }

  @Test func everyWordMustHaveAVector() throws {
    let index = try index()
    for words in [["x", "king", "woman"], ["man", "x", "woman"], ["man", "king", "x"]] {
      let error = #expect(throws: WordVectorError.self) {
        try index.analogy(words[0], words[1], words[2], top: 1)
      }
      #expect(error?.reason == .unknownWord("x"))
    }
  }
}
