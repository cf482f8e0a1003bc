import ApusTensors
import ApusTraining
import Glibc

/// How sure a classifier is of one example, by Monte-Carlo dropout.
///
/// With `pₙ` the probabilities of pass `n` of `N` and `H[p] = −Σ p·log p` in nats: the predictive
/// entropy `H[mean pₙ]` is all that is unsure; the mutual information `H[mean pₙ] − mean H[pₙ]`
/// between class and weights is the part that the passes disagree about, which more training data
/// could take away.
///
/// Reference: Gal, Ghahramani (2016), "Dropout as a Bayesian approximation", arXiv:1506.02142;
/// Houlsby et al. (2011), "Bayesian active learning", arXiv:1112.5745.
package struct PredictiveUncertainty: Sendable, Hashable {
  package let passes: Int
  /// The mean probability of each class.
  package let mean: [Double]
  /// The standard deviation of each class' probability over the passes, with `N − 1` below.
  package let spread: [Double]
  /// In nats, between 0 and the logarithm of the number of classes.
  package let predictiveEntropy: Double
  /// In nats, between 0 and the predictive entropy.
  package let mutualInformation: Double

  /// Sums up the probabilities of several passes.
  ///
  /// - Precondition: there are two passes or more, with as many classes each.
  package init(probabilities passes: [[Double]]) {
    precondition(passes.count >= 2, "a spread needs two passes, got \(passes.count)")
    let count = Double(passes.count)
    let mean = passes[0].indices.map { index in
      passes.reduce(0) { $0 + $1[index] } / count
    }
    self.passes = passes.count
    self.mean = mean
    spread = mean.indices.map { index in
      let squares = passes.reduce(0) { sum, pass in
        sum + (pass[index] - mean[index]) * (pass[index] - mean[index])
      }
      return (squares / (count - 1)).squareRoot()
    }
    predictiveEntropy = Self.entropy(of: mean)
    let meanEntropy = passes.reduce(0) { $0 + Self.entropy(of: $1) } / count
    // Not negative but for rounding: the entropy is concave.
    mutualInformation = max(0, predictiveEntropy - meanEntropy)
  }

  /// Draws `passes` predictions of one example.
  ///
  /// The passes are the rows of batches, for rows have masks of their own.
  /// - Parameter input: one example with its batch axis.
  init(of input: Tensor, passes: Int, seed: UInt64, by evaluator: Evaluator) throws {
    var probabilities: [[Double]] = []
    for (draw, start) in stride(from: 0, to: passes, by: Self.batchSize).enumerated() {
      let rows = min(Self.batchSize, passes - start)
      let logits = try evaluator.sample(input.repeated(rows), seed: seed, draw: draw)
      probabilities += logarithmsOfSoftmax(logits).map { $0.map { exp($0) } }
    }
    self.init(probabilities: probabilities)
  }

  /// The passes that are drawn at a time: always as many, for the numbers depend on it.
  static let batchSize = 16

  private static func entropy(of probabilities: [Double]) -> Double {
    -probabilities.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
  }
}

extension Tensor {
  /// A batch of one example, so many times.
  fileprivate func repeated(_ count: Int) -> Tensor {
    let example = scalars(as: Float.self)
    var numbers: [Float] = []
    numbers.reserveCapacity(example.count * count)
    for _ in 0..<count { numbers += example }
    return Tensor(numbers, shape: Shape([count] + shape.extents.dropFirst()))
  }
}
