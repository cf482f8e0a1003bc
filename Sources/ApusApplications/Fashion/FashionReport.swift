import ApusNumerics
import ApusPictures
import ApusTensors
import FoundationEssentials

/// The pictures and the page of a finished `fashion` run.
struct FashionReport {
  let folder: RunFolder
  let record: RunRecord
  let settings: FashionSettings
  let lines: [MetricsLine]
  let result: ClassificationReport
  let mistakes: [Mistake]
  /// The test images, `uint8 [count, height, width, 1]`.
  let images: Tensor

  /// Writes `pictures/*.png` and `report.html`.
  func write() throws {
    var pictures: [String: [UInt8]] = [:]
    for (name, picture) in self.pictures {
      let png = try picture.png()
      try folder.writePicture(png, named: name)
      pictures[name] = png
    }
    try folder.writeReport(page(pictures))
  }

  // MARK: Pictures

  private var pictures: [(name: String, picture: any Picture)] {
    [
      ("loss", curve("Training loss") { $0.loss }),
      ("accuracy", curve("Training accuracy") { $0.accuracy ?? .nan }),
      ("learning-rate", curve("Learning rate") { $0.learningRate }),
      ("speed", curve("Images a second") { $0.imagesPerSecond ?? .nan }),
      (
        "confusion",
        ConfusionChart(
          "Confusion of \(result.examples.grouped) test images", classes: result.classes,
          counts: result.counts)
      ),
      ("mistakes", ImageGrid("Surest mistakes", tiles: mistakes.map(tile))),
    ]
  }

  /// A quantity along the steps.
  private func curve(_ title: String, _ value: (MetricsLine) -> Double) -> LineChart {
    let points = lines.filter { $0.kind == .steps }.map { (x: $0.epoch, y: value($0)) }
    return LineChart(
      title, xLabel: "epoch", yLabel: "", series: [.init(title, points)], size: .half)
  }

  private func tile(_ mistake: Mistake) -> ImageGrid.Tile {
    let (height, width) = (images.shape[1], images.shape[2])
    let pixels = images.withElements(as: UInt8.self) { all in
      Array(all[mistake.index * height * width..<(mistake.index + 1) * height * width])
    }
    return ImageGrid.Tile(
      Tensor(pixels, shape: [height, width]),
      caption: [
        .init("is \(result.classes[mistake.label])", .right),
        .init(
          "\(result.classes[mistake.predicted]) \(mistake.probability.percent(0))", .wrong),
      ])
  }

  // MARK: Page

  private func page(_ pictures: [String: [UInt8]]) -> Report {
    func picture(_ name: String, _ description: String) -> Report.Picture {
      Report.Picture(pictures[name] ?? [], description: description)
    }
    return Report(
      title: folder.name,
      subtitle: "MobileNet v1 on Fashion-MNIST, \(record.created.formatted(.iso8601).prefix(10))",
      figures: [
        .init(result.accuracy.percent(), "test accuracy"),
        .init(result.loss.fixed(4), "test loss"),
        .init("\(record.progress.epochs)", "epochs"),
        .init(record.timings.training.duration, "training"),
        .init(speed, "images a second"),
      ],
      sections: [
        .init(
          "Training",
          [
            .pictures([
              picture("loss", "Training loss over the epochs"),
              picture("accuracy", "Training accuracy over the epochs"),
              picture("learning-rate", "Learning rate over the epochs"),
              picture("speed", "Images a second over the epochs"),
            ])
          ]),
        .init(
          "Test", [.picture(picture("confusion", "Confusion matrix")), .table(classTable)]),
        .init(
          "Surest mistakes",
          [
            .text(
              "The \(mistakes.count) test images that were taken for another class with the "
                + "highest probability: what each is, and what it was taken for."),
            .picture(
              picture("mistakes", "Misclassified images with true and predicted classes")),
          ]),
        .init(
          "How it was made",
          [
            .tables([
              ("Settings", settingsTable), ("Machine", record.machineTable(evaluates: true)),
            ])
          ]),
      ], footer: "apus \(record.versions.apus), run folder \(folder.path)")
  }

  private var speed: String {
    let images = Double(record.progress.steps * settings.rowCount)
    return Int((images / max(record.timings.training, 1e-9)).rounded()).grouped
  }

  private var classTable: Report.Table {
    var rows = result.perClass.map {
      [$0.name, $0.precision.fixed(3), $0.recall.fixed(3), $0.f1.fixed(3), $0.support.grouped]
    }
    rows.append(["mean", "", "", result.macroF1.fixed(3), result.examples.grouped])
    return Report.Table(
      header: ["Class", "Precision", "Recall", "F1", "Images"], rows: rows, isNumeric: true)
  }

  private var settingsTable: Report.Table {
    Report.Table(rows: [
      ["epochs", "\(settings.epochs)"], ["batch size", "\(settings.batchSize)"],
      ["highest learning rate", "\(settings.learningRate)"],
      ["factor on the rate of classifiers", "\(settings.classifierRateFactor)"],
      ["image side", "\(settings.side) pixels"], ["width α", "\(settings.width)"],
      ["first weights", settings.firstWeights.rawValue],
      ["augmentation", settings.augmentation.rawValue],
      ["dropout", "\(settings.dropout)"], ["sharpness-aware radius ρ", "\(settings.sharpness)"],
      ["weight of auxiliary classifiers", "\(settings.auxiliaryWeight)"],
      ["precision", (record.precision ?? settings.precision).rawValue],
      ["label smoothing", "\(settings.labelSmoothing)"],
      ["momentum", "\(settings.momentum)"], ["weight decay", "\(settings.weightDecay)"],
      ["epochs mirrored only", "\((100 * settings.mirroredShare).fixed(0)) %"],
      ["seed", "\(settings.seed)"],
      ["limit", settings.limit.map(\.grouped) ?? "none"], ["data", settings.data],
    ])
  }
}
