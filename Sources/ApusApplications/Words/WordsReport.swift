import ApusNumerics
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

  /// Words of the map.
  private static let mappedWords = 300
  /// Words among which neighbours are looked for: memory is not to grow beyond that of training.
  private static let searchedWords = 20_000

  /// Writes `pictures/*.png` and `report.html`.
  ///
  /// - Returns: what is missing in it, for people; nil where nothing is.
  func write() throws -> String? {
    var pictures: [Report.Picture] = []
    for (name, picture) in curves {
      let png = try picture.png()
      try folder.writePicture(png, named: name)
      pictures.append(Report.Picture(png, description: "\(picture.title) over the epochs"))
    }
    let vectors = try frequentVectors()
    let (map, notice) = try map(of: vectors)
    try folder.writeReport(
      page(pictures, map: map, neighbours: try neighbours(among: vectors)))
    return notice
  }

  /// The vectors of the most frequent words.
  private func frequentVectors() throws -> WordVectors {
    let count = min(Self.searchedWords, model.vocabulary.count)
    return try WordVectors(
      words: Array(model.vocabulary.words.prefix(count)),
      vectors: model.inputVectors(ofFirst: count))
  }

  /// Words that say something: frequent ones beyond the very first, which are mostly articles and the like.
  private func telling(_ count: Int, of vectors: WordVectors) -> ArraySlice<String> {
    vectors.words.dropFirst(min(100, vectors.words.count / 2)).prefix(count)
  }

  private func map(
    of vectors: WordVectors
  ) throws -> (picture: Report.Picture?, notice: String?) {
    let words = Array(telling(Self.mappedWords, of: vectors))
    guard words.count >= 3 else { return (nil, nil) }
    let map = try WordMap(of: words, in: vectors, by: .tsne)
    do {
      let png = try map.picture.png()
      try folder.writePicture(png, named: "map")
      return (Report.Picture(png, description: "Frequent words, alike ones side by side"), nil)
    } catch let error as PictureError {
      guard case .font = error else { throw error }
      return (nil, "the report has no map of words: \(error)")
    }
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

  /// The most similar words of some frequent ones.
  private func neighbours(among vectors: WordVectors) throws -> Report.Table {
    let index = try NeighbourIndex(vectors, threads: settings.threads)
    let words = telling(20, of: vectors)
    let found = try index.nearest(
      to: words.indices.map { .init(vectors.vector(at: $0), excluding: [$0]) }, count: 6)
    let rows = zip(words, found).map { word, near in
      [word, near.map { vectors.words[$0.place] }.joined(separator: ", ")]
    }
    return Report.Table(header: ["Word", "Most similar words"], rows: rows)
  }

  private func page(
    _ pictures: [Report.Picture], map: Report.Picture?, neighbours: Report.Table
  ) -> Report {
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
        .init(
          "Words",
          (map.map { [.text("Frequent words by t-SNE: alike ones lie together."), .picture($0)] }
            ?? []) + [.table(neighbours)]),
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
      ["negatives", "\(training.drawnWords)"], ["minimum count", "\(training.minimumCount)"],
      ["subsampling", "\(training.subsample)"], ["epochs", "\(training.epochs)"],
      [
        "learning rate", "\(training.startingLearningRate) to \(training.endingLearningRate)",
      ],
      ["tokens", settings.text.tokens.rawValue],
      ["sentences", settings.text.sentences.rawValue],
      ["small letters", settings.text.lowercases ? "yes" : "no"], ["seed", "\(settings.seed)"],
      ["starts from", settings.start ?? "random vectors"],
      ["passes that join phrases", "\(settings.phrasePasses)"],
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
