/// Words with places in the plane.
public struct WordMap: Sendable {
  /// How vectors become places.
  public enum Method: String, Sendable, Hashable, CaseIterable {
    /// The two directions in which the vectors differ most.
    case pca
    /// Neighbours stay together.
    case tsne = "t-sne"
  }

  /// Where a word is; neither axis has a unit.
  public struct Place: Sendable, Hashable {
    public let word: String
    public let x: Double
    public let y: Double
  }

  /// The most words of a map: t-SNE compares all pairs, hundreds of times.
  public static let mostWords = 2000

  /// How the places were found.
  public let method: Method
  /// The words in the order they were named.
  public let places: [Place]

  /// A map of words by the directions of their vectors.
  ///
  /// - Throws: ``WordVectorError`` where a word has no vector, or there are fewer than 3 or more than
  ///   ``mostWords`` words.
  public init(
    of words: [String], in vectors: WordVectors, by method: Method
  ) throws(WordVectorError) {
    guard 3...Self.mostWords ~= words.count else {
      throw WordVectorError(
        .setting, "a map has 3 to \(Self.mostWords) words, got \(words.count)")
    }
    var points: [[Double]] = []
    for word in words {
      let vector = vectors.vector(at: try vectors.place(of: word)).map(Double.init)
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      points.append(length > 0 ? vector.map { $0 / length } : vector)
    }
    let places =
      switch method {
      case .pca: PrincipalAxes(of: points).places(of: points)
      case .tsne: NeighbourEmbedding().places(of: points)
      }
    self.method = method
    self.places = zip(words, places).map { Place(word: $0, x: $1.x, y: $1.y) }
  }
}
