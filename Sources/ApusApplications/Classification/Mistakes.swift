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
package struct ClassificationTally: Sendable {
  private var labels: [Int] = []
  private var predicted: [Int] = []
  private var mistakes: [Mistake] = []
  private var lossSum = 0.0

  package init() {}

  /// Adds a batch.
  ///
  /// - Shapes: `logits: [batch, classes]`, `targets: [batch]`, the numbers of the classes.
  package mutating func add(logits: Tensor, targets: Tensor) {
    for (label, row) in zip(targets.doubles, logarithmsOfSoftmax(logits)) {
      let label = Int(label)
      let best = row.indices.max { (row[$0], $1) < (row[$1], $0) } ?? 0
      if best != label {
        mistakes.append(
          Mistake(
            index: labels.count, label: label, predicted: best, probability: exp(row[best])))
      }
      labels.append(label)
      predicted.append(best)
      lossSum -= row[label]
    }
  }

  /// The mistakes that the classifier was surest of, surest first.
  package func worst(_ count: Int) -> [Mistake] {
    Array(
      mistakes.sorted { ($1.probability, $0.index) < ($0.probability, $1.index) }.prefix(count))
  }

  /// What the classifier reached.
  func report(classes: [String]) -> ClassificationReport {
    ClassificationReport(
      classes: classes, labels: labels, predicted: predicted,
      loss: lossSum / Double(max(1, labels.count)))
  }
}

/// The logarithms of the probabilities of each row of `logits`, `[batch, classes]`.
///
/// `xᵢ − m − log Σⱼ exp(xⱼ − m)` with `m = max x`, which no logit can overflow.
func logarithmsOfSoftmax(_ logits: Tensor) -> [[Double]] {
  let classes = logits.shape[1]
  let numbers = logits.doubles
  return stride(from: 0, to: numbers.count, by: max(1, classes)).map { start in
    let row = numbers[start..<start + classes]
    let largest = row.max() ?? 0
    let logarithm = log(row.reduce(0) { $0 + exp($1 - largest) })
    return row.map { $0 - largest - logarithm }
  }
}
