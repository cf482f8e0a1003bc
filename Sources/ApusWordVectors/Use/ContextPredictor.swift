import ApusTensors
import Glibc

/// A word with how likely it stands among others.
public struct WordPrediction: Sendable, Hashable {
  public let word: String
  /// The natural logarithm of its probability among all words.
  public let logProbability: Double
}

/// Says which word stands among others, as a trained model has it.
///
/// The hidden vector `h` is the mean of the input vectors around, with CBOW and sampled softmax their sum. With output
/// vectors `o` and all words `w`,
///
/// - sampled softmax: `P(w) ∝ exp(o(w)·h + b(w))`;
/// - negative sampling: `P(w) ∝ n(w)^¾·exp(o(w)·h)`, for a trained `o·h` is `log P(w | h)/(k·n(w)^¾)` up to
///   a constant (Levy, Goldberg 2014, "Neural word embedding as implicit matrix factorization");
/// - hierarchical softmax: `P(w) = Π σ(±oᵢ·h)` over the nodes `i` on the way to `w`.
public struct ContextPredictor: Sendable {
  private let vectors: WordVectors
  private let output: Tensor
  private let loss: WordTrainingSettings.Loss
  private let model: WordTrainingSettings.Model
  /// What is added to each word's score.
  private let offsets: [Double]

  /// - Throws: ``WordVectorError`` where the vectors come without what is needed, as imported ones do.
  public init(
    _ vectors: WordVectors, output: Tensor?, biases: Tensor?,
    model: WordTrainingSettings.Model?, loss: WordTrainingSettings.Loss?
  ) throws(WordVectorError) {
    guard let output, let model, let loss, let counts = vectors.counts,
      output.type == vectors.vectors.type
    else {
      throw WordVectorError(
        .setting, "words can be predicted by runs that were trained here, not by imported vectors")
    }
    self.vectors = vectors
    self.output = output
    self.loss = loss
    self.model = model
    switch loss {
    case .negativeSampling: offsets = counts.map { 0.75 * log(Double(max(1, $0))) }
    case .sampledSoftmax:
      offsets = biases?.doubles ?? [Double](repeating: 0, count: vectors.words.count)
    case .hierarchicalSoftmax: offsets = []
    }
  }

  /// The `count` likeliest words among those of `context`, in any order; those themselves do not count.
  public func predictions(
    among context: [String], top count: Int
  ) throws(WordVectorError) -> [WordPrediction] {
    var places: [Int] = []
    for word in context { places.append(try vectors.place(of: word)) }
    let logs = logProbabilities(hidden: hidden(of: places))
    let excluded = Set(places)
    let order = logs.indices.filter { !excluded.contains($0) }
      .sorted { logs[$0] != logs[$1] ? logs[$0] > logs[$1] : $0 < $1 }
    return order.prefix(count).map {
      WordPrediction(word: vectors.words[$0], logProbability: logs[$0])
    }
  }

  private func hidden(of places: [Int]) -> [Double] {
    var sum = [Double](repeating: 0, count: vectors.size)
    for place in places {
      for (index, number) in vectors.vector(at: place).enumerated() { sum[index] += Double(number) }
    }
    if loss == .sampledSoftmax, model == .cbow { return sum }
    return sum.map { $0 / Double(max(1, places.count)) }
  }

  /// `log P` of each word.
  func logProbabilities(hidden: [Double]) -> [Double] {
    let size = vectors.size
    let products = output.withElements(as: Float.self) { numbers in
      vectors.words.indices.map { word in
        (0..<size).reduce(0.0) { $0 + Double(numbers[word * size + $1]) * hidden[$1] }
      }
    }
    if loss == .hierarchicalSoftmax { return pathLogarithms(products) }
    let scores = zip(products, offsets).map { $0 + $1 }
    let most = scores.max() ?? 0
    let total = most + log(scores.reduce(0) { $0 + exp($1 - most) })
    return scores.map { $0 - total }
  }

  private func pathLogarithms(_ products: [Double]) -> [Double] {
    let tree = HuffmanTree(counts: vectors.counts ?? [])
    return vectors.words.indices.map { word in
      let steps = Int(tree.starts[word])..<Int(tree.starts[word + 1])
      return steps.reduce(0.0) { sum, step in
        let product = products[Int(tree.nodes[step])]
        return sum - log1p(exp(tree.codes[step] == 0 ? -product : product))
      }
    }
  }
}
