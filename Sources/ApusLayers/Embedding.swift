import ApusGraph
import ApusTensors

/// A learned vector for each index.
///
/// - Shapes: int32 or int64 `[i…]` → `[i…, dimensions]`.
/// - Learns: `embeddings: [vocabulary, dimensions]`, uniform over ±0.05.
///
/// Names, shapes and defaults are those of Keras' `Embedding`.
public struct Embedding: Layer {
  /// Indices are in `0 ..< vocabulary`.
  public var vocabulary: Int
  public var dimensions: Int
  public var initializer: Initializer

  public init(
    vocabulary: Int, dimensions: Int,
    initializer: Initializer = .uniform(from: -0.05, to: 0.05)
  ) {
    self.vocabulary = vocabulary
    self.dimensions = dimensions
    self.initializer = initializer
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requirePositive(vocabulary, "vocabulary", in: "embedding")
    try requirePositive(dimensions, "dimensions", in: "embedding")
    let table = try scope.parameter(
      "embeddings", layerShape([vocabulary, dimensions], in: "embedding"), initializer: initializer)
    return try table.gathering(input)
  }
}
