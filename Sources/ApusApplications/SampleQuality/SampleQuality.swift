import ApusDatasets
import ApusEngine
import ApusSampleQuality
import ApusTensors

/// How like the pictures of a data set generated ones are, in the feature space of a classifier.
public struct SampleQuality: Sendable, Hashable {
  /// Between the normal distributions that the features of both are like; 0 where they are alike.
  public let frechetDistance: Double
  /// The share of generated pictures that look real; see `PrecisionRecall`.
  public let precision: Double
  /// The share of real pictures that the generated ones are like.
  public let recall: Double
  /// How often the classifier finds each class.
  public let classBalance: [ClassShare]
  /// The number of generated pictures.
  public let samples: Int
  /// The number of real pictures.
  public let examples: Int
  /// The folder of the classifier's run.
  public let features: String

  /// How often a class was found.
  public struct ClassShare: Sendable, Hashable {
    public let name: String
    /// The share of the generated pictures.
    public let share: Double
    /// The share of the real pictures.
    public let realShare: Double
  }

  /// Compares `generated` pictures with `real` ones, `uint8 [count, 28, 28, 1]` both.
  init(of generated: Tensor, beside real: Tensor, by classifier: FashionFeatures) throws {
    let (found, wanted) = (try classifier(generated), try classifier(real))
    frechetDistance = try FeatureMoments(of: found.features)
      .frechetDistance(to: FeatureMoments(of: wanted.features))
    let manifolds = try PrecisionRecall(
      real: wanted.features, generated: found.features, options: classifier.options)
    (precision, recall) = (manifolds.precision, manifolds.recall)
    let (shares, realShares) = (found.classShares, wanted.classShares)
    classBalance = FashionRecipe.classes.indices.map { index in
      ClassShare(
        name: FashionRecipe.classes[index], share: shares[index], realShare: realShares[index])
    }
    samples = generated.shape[0]
    examples = real.shape[0]
    features = classifier.folder.path
  }

  /// The quality as `apus evaluate --json` prints it.
  public var json: JSON {
    [
      "frechetDistance": .number(frechetDistance), "precision": .number(precision),
      "recall": .number(recall), "samples": .integer(samples), "examples": .integer(examples),
      "features": .string(features), "neighbours": .integer(PrecisionRecall.neighbours),
      "classBalance": .array(
        classBalance.map { balance in
          [
            "name": .string(balance.name), "share": .number(balance.share),
            "realShare": .number(balance.realShare),
          ]
        }),
    ]
  }
}
