import ApusPictures
import ApusWordVectors
import FoundationEssentials

/// The pictures and the page of a finished `words` run.
struct WordsReport {
  let folder: RunFolder
  let record: RunRecord
  let settings: WordsSettings
  let lines: [MetricsLine]
  let model: WordModel
  let facts: CorpusFacts

  /// Writes `pictures/*.png` and `report.html`.
  func write() throws {
    var pictures: [Report.Picture] = []
    for (name, picture) in curves {
      let png = try picture.png()
      try folder.writePicture(png, named: name)
      pictures.append(Report.Picture(png: png, description: "\(picture.title) over the epochs"))
    }
    try folder.writeReport(page(pictures, neighbours: try neighbours()))
  }

  private var curves: [(name: String, picture: LineChart)] {
    [
      ("loss", curve("Training loss of a pair") { $0.loss }),
      ("learning-rate", curve("Learning rate") { $0.learningRate }),
    ]
  }

  private func curve(_ title: String, _ value: (MetricsLine) -> Double) -> LineChart {
    LineChart(
      title, xLabel: "epoch", yLabel: "",
      series: [.init(title, lines.map { (x: $0.epoch, y: value($0)) })], size: .half)
  }

  /// The most similar words of some of the most frequent ones that are no function words.
  private func neighbours() throws -> Report.Table {
    let vectors = try WordVectors(
      words: model.vocabulary.words, vectors: model.inputVectors)
    let index = try NeighbourIndex(vectors, threads: settings.threads)
    let frequent = vectors.words.indices.dropFirst(min(100, vectors.words.count / 2)).prefix(20)
    let found = try index.nearest(
      to: frequent.map { .init(vectors.vector(at: $0), excluding: [$0]) }, count: 6)
    let rows = zip(frequent, found).map { place, near in
      [vectors.words[place], near.map { vectors.words[$0.place] }.joined(separator: ", ")]
    }
    return Report.Table(header: ["Word", "Most similar words"], rows: rows)
  }

  private func page(_ pictures: [Report.Picture], neighbours: Report.Table) -> Report {
    let seconds = max(record.timings.training, 1e-9)
    let words = Double(facts.tokens * settings.training.epochs)
    return Report(
      title: folder.name,
      subtitle: "Word vectors of \(settings.corpus.joined(separator: ", ")), \(record.day)",
      figures: [
        .init(model.vocabulary.count.grouped, "words with a vector"),
        .init(facts.tokens.grouped, "words of text"),
        .init("\(settings.training.epochs)", "epochs"),
        .init(record.timings.training.duration, "training"),
        .init(Int(words / seconds).grouped, "words a second"),
      ],
      sections: [
        .init("Training", [.pictures(pictures)]),
        .init("Neighbours", [.table(neighbours)]),
        .init(
          "How it was made",
          [.tables([("Settings", settingsTable), ("Machine", machineTable)])]),
      ], footer: "apus \(record.versions.apus), run folder \(folder.path)")
  }

  private var settingsTable: Report.Table {
    let training = settings.training
    return Report.Table(rows: [
      ["model", training.model.rawValue], ["loss", training.loss.rawValue],
      ["size", "\(training.size)"],
      ["window", "\(training.window)\(training.shrinksWindow ? ", drawn from 1 on" : "")"],
      ["negatives", "\(training.negatives)"], ["minimum count", "\(training.minimumCount)"],
      ["subsampling", "\(training.subsample)"], ["epochs", "\(training.epochs)"],
      [
        "learning rate", "\(training.startingLearningRate) to \(training.finalLearningRate)",
      ],
      ["tokens", settings.text.tokens.rawValue],
      ["sentences", settings.text.sentences.rawValue],
      ["small letters", settings.text.lowercases ? "yes" : "no"], ["seed", "\(settings.seed)"],
      ["deterministic", settings.isDeterministic ? "yes" : "no"],
    ])
  }

  private var machineTable: Report.Table {
    Report.Table(rows: [
      ["processor", record.machine.processor], ["cores", "\(record.machine.cores)"],
      ["threads used", "\(settings.workers)"], ["kernels", record.machine.instructionSet],
      ["memory", ByteCount(record.machine.memoryBytes).description],
      ["system", record.machine.system], ["apus", record.versions.apus],
      ["begun", record.created.formatted(.iso8601)],
    ])
  }
}
