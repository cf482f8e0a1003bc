import ApusDatasets
import ApusEngine
import ApusFormats
import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors
import ApusTraining

/// A classifier of Fashion-MNIST that says what pictures have in common: what its last layer is given.
///
/// Use from one thread.
final class FashionFeatures {
  let folder: RunFolder
  let options: EngineOptions
  private let settings: FashionSettings
  private let evaluator: Evaluator
  private let size: Int

  /// The most pictures that are looked at in one go: half of the memory is left for what is found in them.
  private static let mostPictures = 250

  /// The classifier of a finished run of `fashion`.
  init(of folder: RunFolder, threads: Int?) throws {
    var settings = try FashionRecipe.settings(of: folder, threads: threads)
    settings.batchSize = Self.mostPictures
    settings.batchSize = try FashionRecipe.evaluationBatch(
      settings, holding: 1, free: SystemFiles.availableMemoryBytes.map { $0 / 2 })
    self.settings = settings
    self.folder = folder
    options = FashionRecipe.engine(settings)
    evaluator = try FashionRecipe.evaluator(
      of: folder, settings, as: FeaturesAndLogits(model: FashionRecipe.model(settings)))
    let type = FashionRecipe.inputType(settings, batch: 1)
    size = try evaluator.outputShape(for: type)[1] - FashionRecipe.classes.count
  }

  /// What the classifier finds in pictures.
  struct Findings {
    /// What the classifier is given for each picture, `float32 [count, size]`.
    let features: Tensor
    /// The share of the pictures that was taken for each class.
    let classShares: [Double]
  }

  /// - Shapes: `pictures: uint8 [count, 28, 28, 1]`.
  func callAsFunction(_ pictures: Tensor) throws -> Findings {
    let (count, classes) = (pictures.shape[0], FashionRecipe.classes.count)
    var features: [Float] = []
    features.reserveCapacity(count * size)
    var found = [Int](repeating: 0, count: classes)
    for start in stride(from: 0, to: count, by: settings.batchSize) {
      let batch = pictures[start..<min(start + settings.batchSize, count)]
      let input = try PictureRenderer.input(from: batch, side: settings.side, channels: 3)
      let values = try evaluator.predict(input)
      try folder.checkFinite(values)
      values.withElements(as: Float.self) { numbers in
        for row in 0..<batch.shape[0] {
          let first = row * (size + classes)
          features += numbers[first..<first + size]
          let logits = numbers[first + size..<first + size + classes]
          let best = logits.indices.max { logits[$0] < logits[$1] } ?? first + size
          found[best - first - size] += 1
        }
      }
    }
    return Findings(
      features: Tensor(features, shape: [count, size]),
      classShares: found.map { Double($0) / Double(max(1, count)) })
  }
}

/// The features of images and, behind them, the logits.
///
/// - Shapes: `[batch, height, width, channels]` → `[batch, 1024·α + classes]`.
private struct FeaturesAndLogits: Layer {
  let model: MobileNet

  func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let (features, logits) = try model.featuresAndLogits(input, in: scope)
    return try .concatenated([features, logits], alongAxis: 1)
  }
}
