import ApusDatasets
import ApusEngine
import ApusLayers
import ApusModels
import ApusTensors
import ApusTraining

/// MobileNet v1 that classifies Fashion-MNIST: the model, how it is trained, what it is used for.
public enum FashionRecipe {
  /// The name of the recipe in commands, folders and records.
  public static let name = "fashion"

  static let classes = FashionMNIST.classNames

  static func model(_ settings: FashionSettings) -> MobileNet {
    MobileNet(
      alpha: settings.width, classes: classes.count, dropout: settings.dropout,
      startsNearIdentity: settings.firstWeights == .nearIdentity)
  }

  /// The type of a batch of images as the model takes them.
  package static func inputType(
    _ settings: FashionSettings, batch: Int, channels: Int = 3
  ) -> TensorType {
    TensorType([batch, settings.side, settings.side, channels])
  }

  package static func training(_ settings: FashionSettings) -> TrainingRecipe {
    TrainingRecipe(
      model: model(settings),
      loss: SoftmaxCrossEntropyLoss(labelSmoothing: settings.labelSmoothing),
      regularizer: settings.isPaired ? ConsistencyLoss() : nil,
      optimizer: SGD(
        momentum: settings.momentum, isNesterov: true,
        weightDecay: WeightDecay(settings.weightDecay)),
      rateFactor: { [factor = settings.classifierRateFactor] in
        $0.name.hasPrefix(MobileNet.classifierName + "/") || DeepSupervision.isClassifiers($0)
          ? factor : 1
      },
      sharpness: settings.sharpness > 0
        ? SharpnessAwareness(radius: settings.sharpness, share: climbingShare) : nil,
      deepSupervision: settings.auxiliaryWeight > 0
        ? DeepSupervision(of: supervisedLayers, weight: settings.auxiliaryWeight) : nil)
  }

  /// The layers that have auxiliary classifiers in training: of images of 56 × 56, the last ones of 14 × 14 and
  /// 7 × 7 pixels and two of 3 × 3.
  ///
  /// No record names them: with others checkpoints would not fit.
  private static let supervisedLayers = [3, 5, 8, 11].map { "conv_pw_\($0)_relu" }

  /// The share of a step's rows that the climb of sharpness-aware steps takes.
  ///
  /// No record names it: with another one runs would not go on as they began.
  private static let climbingShare = 0.25

  /// How programs of these settings run here.
  ///
  /// A processor that does not multiply bfloat16 numbers faster computes in float32.
  package static func engine(_ settings: FashionSettings) -> EngineOptions {
    EngineOptions(
      threads: settings.threads, precision: precision(running: settings.precision).precision)
  }

  /// The precision that runs where one is asked for, with a sentence where it is another.
  package static func precision(
    running asked: Precision, supportsBFloat16: Bool = Machine.supportsBFloat16
  ) -> (precision: Precision, notice: String?) {
    guard asked == .bfloat16, !supportsBFloat16 else { return (asked, nil) }
    let other = "avx512bf16"
    let way =
      Machine.instructionSets.contains(other) ? "; APUS_ISA=\(other) computes them in bfloat16" : ""
    return (
      .float32,
      "there are no fast bfloat16 instructions in \(Machine.instructionSet): products are computed in "
        + "float32" + way
    )
  }
}

// MARK: - Weights

extension FashionRecipe {
  /// Runs the model of a finished run; use from one thread.
  ///
  /// - Parameter layer: what is run in the model's place, with the model's parameters.
  static func evaluator(
    of folder: RunFolder, _ settings: FashionSettings, as layer: (any Layer)? = nil
  ) throws -> Evaluator {
    let weights = try folder.weights(of: name)
    do {
      return try Evaluator(
        model: layer ?? model(settings), input: inputType(settings, batch: 1), weights: weights,
        options: engine(settings))
    } catch let error as WeightsError {
      throw RunError.damaged(file: folder.weightsFile, reason: "\(error)")
    }
  }
}
