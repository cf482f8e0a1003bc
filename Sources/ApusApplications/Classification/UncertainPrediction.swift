/// What a classifier says of one picture, and how sure it is.
public struct UncertainPrediction: Sendable, Hashable {
  /// The file, with the picture's number where it holds several.
  public let input: String
  /// Passes with dropout on.
  public let passes: Int
  /// The classes that are likeliest on average, likeliest first.
  public let top: [Guess]
  /// Of the mean probabilities, in nats.
  public let predictiveEntropy: Double
  /// Between class and weights, in nats: the part of the entropy that the passes disagree about.
  public let mutualInformation: Double

  /// One class.
  public struct Guess: Sendable, Hashable {
    public let label: String
    public let index: Int
    /// The mean over the passes.
    public let probability: Double
    /// The standard deviation over the passes.
    public let spread: Double
  }

  init(_ input: String, _ uncertainty: PredictiveUncertainty, classes: [String], top: Int) {
    self.input = input
    passes = uncertainty.passes
    predictiveEntropy = uncertainty.predictiveEntropy
    mutualInformation = uncertainty.mutualInformation
    let mean = uncertainty.mean
    let order = mean.indices.sorted { (mean[$1], $0) < (mean[$0], $1) }
    self.top = order.prefix(top).map {
      Guess(
        label: classes[$0], index: $0, probability: mean[$0], spread: uncertainty.spread[$0])
    }
  }

  /// The prediction as `apus predict --uncertainty --json` prints it.
  public var json: JSON {
    [
      "input": .string(input),
      "passes": .integer(passes),
      "predictiveEntropy": .number(predictiveEntropy),
      "mutualInformation": .number(mutualInformation),
      "top": .array(
        top.map {
          [
            "label": .string($0.label), "index": .integer($0.index),
            "probability": .number($0.probability), "spread": .number($0.spread),
          ]
        }),
    ]
  }
}
