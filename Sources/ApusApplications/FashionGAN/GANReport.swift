import ApusFormats
import ApusNumerics
import ApusPictures
import ApusTensors
import FoundationEssentials

/// The pictures and the page of a finished `fashion-gan` run.
struct GANReport {
  let folder: RunFolder
  let record: RunRecord
  let settings: GANSettings
  let lines: [MetricsLine]
  let warnings: [String]

  /// Writes `pictures/*.png` and `report.html`.
  func write() throws {
    let grids = try GANRecipe.grids(of: folder, through: record.progress.steps)
    var pictures: [String: [UInt8]] = [:]
    for (name, picture) in try charts + [("growth", growth(of: grids))] {
      let png = try picture.png()
      try folder.writePicture(png, named: name)
      pictures[name] = png
    }
    if let last = grids.last {
      pictures["samples"] = try RunFolder.bytes(of: last.path, limit: 1 << 26)
    }
    let animation = try animation(of: grids)
    try folder.writePicture(animation, named: GANRecipe.animationName, type: "gif")
    pictures[GANRecipe.animationName] = animation
    try folder.writeReport(page(pictures))
  }

  // MARK: Pictures

  private var charts: [(name: String, picture: any Picture)] {
    [
      ("distance", curve("Critic distance") { $0.distance }),
      ("penalty", curve("Penalty") { $0.penalty }),
      ("gradient-norm", curve("Critic's slope") { $0.gradientNorm }),
      ("speed", curve("Images a second") { $0.imagesPerSecond }),
    ].filter { name, _ in hasPenalty || (name != "penalty" && name != "gradient-norm") }
  }

  private var hasPenalty: Bool { settings.loss.penalty(1) != nil }

  /// A quantity along the steps.
  private func curve(_ title: String, _ value: (MetricsLine) -> Double?) -> LineChart {
    let points = lines.map { (x: Double($0.step), y: value($0) ?? .nan) }
    return LineChart(
      title, xLabel: "step", yLabel: "", series: [.init(title, points)], countsAlongX: true,
      size: .half)
  }

  /// The grids one after the other, half a second each and the last one three seconds.
  private func animation(of grids: [(step: Int, path: String)]) throws -> [UInt8] {
    let frames = try evenly(grids, at: 60).map { try PNG.read($0.path) }
    guard let first = frames.first else { return [] }
    if let place = frames.firstIndex(where: { $0.type != first.type }) {
      throw RunError.damaged(
        file: evenly(grids, at: 60)[place].path,
        reason: "expected a grid of samples, found \(frames[place].type)")
    }
    let pixels = frames.flatMap { $0.scalars(as: UInt8.self) }
    return try GIF.encode(
      Tensor(pixels, shape: Shape([frames.count] + first.shape.extents)), delay: 50,
      lastDelay: 300)
  }

  /// The first pictures of some grids, one column a grid.
  private func growth(of grids: [(step: Int, path: String)]) throws -> ImageGrid {
    let chosen = evenly(grids, at: 8)
    let rows = GANRecipe.gridSide
    let columns = try chosen.map { grid in
      try ImageMosaic(columns: GANRecipe.gridSide).pictures(
        in: PNG.read(grid.path), count: rows, side: GANRecipe.side, file: grid.path)
    }
    var tiles: [ImageGrid.Tile] = []
    for row in 0..<rows {
      for (grid, column) in zip(chosen, columns) {
        tiles.append(.init(column[row], caption: [.init("step \(grid.step.grouped)")]))
      }
    }
    return ImageGrid("From the same noise", tiles: tiles, columns: chosen.count, side: 84)
  }

  /// At most `count` of `all`, the first and the last among them.
  private func evenly<Element>(_ all: [Element], at count: Int) -> [Element] {
    guard all.count > count else { return all }
    return (0..<count).map { all[$0 * (all.count - 1) / (count - 1)] }
  }

  // MARK: Page

  private func page(_ pictures: [String: [UInt8]]) -> Report {
    func picture(_ name: String, _ description: String) -> Report.Picture {
      Report.Picture(pictures[name] ?? [], description: description)
    }
    let curves = charts.map { picture($0.name, "\($0.name) over the steps") }
    return Report(
      title: folder.name,
      subtitle: "GAN (\(settings.preset.rawValue), \(settings.loss.rawValue)) on Fashion-MNIST, "
        + "\(record.created.formatted(.iso8601).prefix(10))",
      figures: [
        .init(record.progress.steps.grouped, "steps"),
        .init(lines.last?.distance?.fixed(3) ?? "", "critic distance"),
        .init(record.timings.training.duration, "training"),
        .init(speed, "images a second"),
      ],
      sections: (warnings.isEmpty ? [] : [.init("Warnings", warnings.map { .text($0) })]) + [
        .init("Samples", [.picture(picture("samples", "Pictures the generator makes"))]),
        .init(
          "How they grew",
          [
            .pictures([
              picture(GANRecipe.animationName, "The grid of samples as training went on"),
              picture("growth", "Pictures of the same noise at several steps"),
            ])
          ]),
        .init("Training", [.pictures(curves)]),
        .init(
          "How it was made",
          [
            .tables([
              ("Settings", settingsTable), ("Machine", record.machineTable(evaluates: false)),
            ])
          ]),
      ], footer: "apus \(record.versions.apus), run folder \(folder.path)")
  }

  private var speed: String {
    let images = Double(record.progress.steps * settings.criticSteps * settings.batchSize)
    return Int((images / max(record.timings.training, 1e-9)).rounded()).grouped
  }

  private var settingsTable: Report.Table {
    Report.Table(rows: [
      ["preset", settings.preset.rawValue], ["loss", settings.loss.rawValue],
      ["steps", settings.steps.grouped], ["critic's steps in each", "\(settings.criticSteps)"],
      ["batch size", "\(settings.batchSize)"], ["learning rate", "\(settings.learningRate)"],
      ["Adam's mean decay", "\(settings.meanDecay)"],
      ["penalty weight", hasPenalty ? "\(settings.penaltyWeight)" : "no penalty"],
      ["generator average", settings.averagingDecay > 0 ? "\(settings.averagingDecay)" : "none"],
      ["critic's spectral norm", settings.normalizesSpectra ? "one" : "free"],
      ["told the class", settings.isConditional ? "yes" : "no"], ["seed", "\(settings.seed)"],
      ["limit", settings.limit.map(\.grouped) ?? "none"], ["data", settings.data],
    ])
  }
}
