import ApusDatasets
import ApusEngine
import ApusTensors
import ApusTraining
import Glibc

/// What a classifier says of one picture.
public struct Prediction: Sendable, Hashable {
  /// The file, with the picture's number where it holds several.
  public let input: String
  /// The likeliest classes, likeliest first.
  public let top: [Guess]

  /// One class.
  public struct Guess: Sendable, Hashable {
    public let label: String
    public let index: Int
    public let probability: Double
  }

  /// The prediction as `apus predict --json` prints it.
  public var json: JSON {
    [
      "input": .string(input),
      "top": .array(
        top.map {
          [
            "label": .string($0.label), "index": .integer($0.index),
            "probability": .number($0.probability),
          ]
        }),
    ]
  }
}

extension FashionRecipe {
  /// Measures a finished run on test images.
  ///
  /// - Parameters:
  ///   - data: the folder with the data; the one the run was trained on where it is nil.
  ///   - limit: how many test images are used; the run's own number where it is nil.
  public static func evaluate(
    _ folder: RunFolder, data: String? = nil, limit: Int? = nil, threads: Int? = nil
  ) throws -> ClassificationReport {
    if let limit { try expect(limit >= 1, "limit", "at least 1", limit) }
    var settings = try settings(of: folder, threads: threads)
    settings.data = data ?? settings.data
    // The batches that are looked ahead to, and the one that is judged.
    settings.batchSize = try evaluationBatch(settings, holding: 5)
    let evaluator = try evaluator(of: folder, settings)
    let images = try FashionMNIST.load(from: settings.data).test
      .limited(to: limit ?? settings.limit ?? .max)
    var tally = ClassificationTally()
    _ = try evaluator.evaluate(FashionData.testBatches(of: images, settings)) {
      tally.add(logits: $2, targets: $1)
    }
    let report = tally.report(classes: classes)
    try folder.checkFinite([report.loss])
    return report
  }

  /// Says what the pictures of PNG and IDX files show.
  public static func predict(
    _ folder: RunFolder, images paths: [String], top: Int, threads: Int? = nil
  ) throws -> [Prediction] {
    try expect(top >= 1, "top", "at least 1", top)
    var settings = try settings(of: folder, threads: threads)
    settings.batchSize = try evaluationBatch(settings, holding: 1)
    let pictures = try paths.flatMap { try FashionPicture.read($0) }
    let evaluator = try evaluator(of: folder, settings)
    var predictions: [Prediction] = []
    for start in stride(from: 0, to: pictures.count, by: settings.batchSize) {
      let batch = pictures[start..<min(start + settings.batchSize, pictures.count)]
      let inputs = try input(of: batch.map(\.pixels), settings)
      for (picture, row) in zip(batch, logarithmsOfSoftmax(try evaluator.predict(inputs))) {
        try folder.checkFinite(row)
        predictions.append(prediction(picture.name, row.map { exp($0) }, top: top))
      }
    }
    return predictions
  }

  /// Says what pictures show and how sure that is, from several passes with dropout on.
  ///
  /// A picture's passes depend on the run's seed and on the picture alone, not on the others.
  /// - Throws: ``RunError/noDropout(path:)`` where the run was trained without.
  public static func predict(
    _ folder: RunFolder, images paths: [String], passes: Int, top: Int, threads: Int? = nil
  ) throws -> [UncertainPrediction] {
    try expect(top >= 1, "top", "at least 1", top)
    try expect(2...100_000 ~= passes, "passes", "2 to 100000", passes)
    let settings = try settings(of: folder, threads: threads)
    try checkMemory(evaluating: PredictiveUncertainty.batchSize, settings)
    let pictures = try paths.flatMap { try FashionPicture.read($0) }
    let evaluator = try evaluator(of: folder, settings)
    guard try evaluator.hasDropout(for: inputType(settings, batch: 1)) else {
      throw RunError.noDropout(path: folder.path)
    }
    return try pictures.map { picture in
      let input = try input(of: [picture.pixels], settings)
      let uncertainty = try PredictiveUncertainty(
        of: input, passes: passes, seed: settings.seed, by: evaluator)
      try folder.checkFinite(uncertainty.mean)
      return UncertainPrediction(picture.name, uncertainty, classes: classes, top: top)
    }
  }

  /// Whether the data that the recipe trains on by default is there.
  public static var finding: Doctor.DataSetFinding {
    let isPresent = FashionMNIST.isPresent(in: FashionMNIST.defaultFolder)
    return Doctor.DataSetFinding(
      recipe: name, path: FashionMNIST.defaultFolder,
      fault: isPresent
        ? nil
        : "the data of \(name) is not in \(FashionMNIST.defaultFolder): install Debian's package "
          + "dataset-fashion-mnist, or name a folder with its four IDX files with --data")
  }

  static func settings(
    of folder: RunFolder, threads: Int?
  ) throws -> FashionSettings {
    var settings = try FashionSettings(in: folder.record(of: name), of: folder)
    settings.threads = threads ?? min(settings.threads, Machine.coreCount)
    try settings.check()
    return settings
  }

  private static func input(of pictures: [Tensor], _ settings: FashionSettings) throws -> Tensor {
    let side = FashionPicture.side
    var pixels: [UInt8] = []
    for picture in pictures { pixels += picture.scalars(as: UInt8.self) }
    return try PictureRenderer.input(
      from: Tensor(pixels, shape: [pictures.count, side, side, 1]), side: settings.side,
      channels: 3)
  }

  private static func prediction(_ input: String, _ row: [Double], top: Int) -> Prediction {
    let order = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }
    return Prediction(
      input: input,
      top: order.prefix(top).map {
        .init(label: FashionMNIST.classNames[$0], index: $0, probability: row[$0])
      })
  }
}
