/// How well a classifier did on examples whose classes are known.
public struct ClassificationReport: Sendable, Hashable {
  public let classes: [String]
  /// `counts[row][column]`: examples of class `row` that were taken for class `column`.
  public let counts: [[Int]]
  /// The mean cross-entropy, in nats.
  public let loss: Double

  /// Counts `predicted` against `labels`.
  ///
  /// - Precondition: both have the same length and their numbers are indices of `classes`.
  public init(classes: [String], labels: [Int], predicted: [Int], loss: Double) {
    precondition(labels.count == predicted.count, "one prediction for each label")
    var counts = [[Int]](
      repeating: [Int](repeating: 0, count: classes.count), count: classes.count)
    for (label, prediction) in zip(labels, predicted) { counts[label][prediction] += 1 }
    self.classes = classes
    self.counts = counts
    self.loss = loss
  }

  /// The number of examples.
  public var examples: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The share of examples that were classified rightly; 0 where there are none.
  public var accuracy: Double {
    share(counts.indices.reduce(0) { $0 + counts[$1][$1] }, of: examples)
  }

  /// The measures of each class, in the order of the classes.
  public var perClass: [ClassMeasures] {
    classes.indices.map { index in
      let right = counts[index][index]
      let support = counts[index].reduce(0, +)
      let claimed = counts.reduce(0) { $0 + $1[index] }
      return ClassMeasures(
        name: classes[index], precision: share(right, of: claimed),
        recall: share(right, of: support), f1: share(2 * right, of: support + claimed),
        support: support)
    }
  }

  /// The mean F1 of the classes, each with the same weight.
  public var macroF1: Double {
    perClass.isEmpty ? 0 : perClass.reduce(0) { $0 + $1.f1 } / Double(classes.count)
  }

  /// The measures of one class.
  public struct ClassMeasures: Sendable, Hashable {
    public let name: String
    /// The share of examples taken for the class that are of it; 0 where none were taken for it.
    public let precision: Double
    /// The share of the class' examples that were taken for it; 0 where there are none.
    public let recall: Double
    /// The harmonic mean of precision and recall; 0 where both are.
    public let f1: Double
    /// The examples of the class.
    public let support: Int
  }

  private func share(_ part: Int, of whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}

extension ClassificationReport {
  /// The report as `apus evaluate --json` prints it and `run.json` keeps it.
  public var json: JSON {
    [
      "accuracy": .number(accuracy), "loss": .number(loss), "examples": .integer(examples),
      "macroF1": .number(macroF1),
      "classes": .array(
        perClass.map { measures in
          [
            "name": .string(measures.name), "precision": .number(measures.precision),
            "recall": .number(measures.recall), "f1": .number(measures.f1),
            "support": .integer(measures.support),
          ]
        }),
      "confusion": .array(counts.map { .array($0.map(JSON.integer)) }),
    ]
  }
}
