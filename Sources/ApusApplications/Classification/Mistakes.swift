import ApusTensors
import Glibc

/// An example that a classifier took for another class.
public struct Mistake: Sendable, Hashable {
  /// The position of the example in its data set.
  public let index: Int
  public let label: Int
  public let predicted: Int
  /// How sure the classifier was of the wrong class.
  public let probability: Double
}

/// Collects what a classifier says of examples, batch by batch.
struct ClassificationTally {
  private(set) var labels: [Int] = []
  private(set) var predicted: [Int] = []
  private(set) var mistakes: [Mistake] = []

  /// Adds a batch.
  ///
  /// - Shapes: `logits: [batch, classes]`, one label for each row.
  mutating func add(logits: Tensor, labels: [Int]) {
    let probabilities = softmax(logits)
    for (label, row) in zip(labels, probabilities) {
      let best = row.indices.max { (row[$0], $1) < (row[$1], $0) } ?? 0
      if best != label {
        mistakes.append(
          Mistake(
            index: self.labels.count, label: label, predicted: best, probability: row[best]))
      }
      self.labels.append(label)
      predicted.append(best)
    }
  }

  /// The mistakes that the classifier was surest of, surest first.
  func worst(_ count: Int) -> [Mistake] {
    Array(
      mistakes.sorted { ($1.probability, $0.index) < ($0.probability, $1.index) }.prefix(count))
  }
}

/// The probabilities of each row of `logits`, `[batch, classes]`.
func softmax(_ logits: Tensor) -> [[Double]] {
  let classes = logits.shape[1]
  let numbers = logits.doubles
  return stride(from: 0, to: numbers.count, by: max(1, classes)).map { start in
    let row = numbers[start..<start + classes]
    let largest = row.max() ?? 0
    let powers = row.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
