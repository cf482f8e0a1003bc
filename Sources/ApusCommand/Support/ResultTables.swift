import ApusApplications
import ApusEngine
import ApusJumpProcesses
import ApusTerminal

/// Results as tables for standard output.
enum ResultTables {
  /// Names and what they have.
  static func facts(_ rows: [(name: String, value: String)]) -> String {
    var table = TextTable([.init(""), .init("")])
    for row in rows { table.add([row.name, row.value]) }
    return table.rendered(for: .output)
  }

  /// The measures of each class.
  static func classes(of result: ClassificationReport) -> String {
    var table = TextTable([
      .init("Class"), .init("Precision", .right), .init("Recall", .right), .init("F1", .right),
      .init("Images", .right),
    ])
    for measures in result.perClass {
      table.add([
        measures.name, measures.precision.fixed(3), measures.recall.fixed(3),
        measures.f1.fixed(3), measures.support.grouped,
      ])
    }
    table.addRule()
    table.add(["mean", "", "", result.macroF1.fixed(3), result.examples.grouped])
    return table.rendered(for: .output)
  }

  /// How often each class was taken for each.
  static func confusion(of result: ClassificationReport) -> String {
    let numbers = result.classes.indices.map { TextTable.Column("\($0)", .right) }
    var table = TextTable([.init("", .right), .init("True class")] + numbers)
    for (index, row) in result.counts.enumerated() {
      table.add(["\(index)", result.classes[index]] + row.map { $0 == 0 ? "·" : "\($0)" })
    }
    return table.rendered(for: .output)
  }

  /// The likeliest classes of each picture.
  static func predictions(_ predictions: [Prediction]) -> String {
    var table = TextTable([.init("Picture"), .init("Class"), .init("Probability", .right)])
    for prediction in predictions {
      for (rank, guess) in prediction.top.enumerated() {
        let name = rank == 0 ? prediction.input : ""
        table.add([name, guess.label, guess.probability.percent()])
      }
    }
    return table.rendered(for: .output)
  }

  /// Analogies by section, then similarities by file.
  static func words(_ evaluation: WordsEvaluation) -> String {
    var text = ""
    if !evaluation.analogies.isEmpty {
      var table = TextTable([
        .init("Analogies"), .init("Right", .right), .init("Of", .right), .init("Accuracy", .right),
        .init("Left out", .right),
      ])
      for score in evaluation.analogies + [evaluation.total] {
        table.add([
          score.section, score.correct.grouped, score.total.grouped,
          score.accuracy?.percent() ?? "", score.missing.grouped,
        ])
      }
      text += table.rendered(for: .output)
    }
    guard !evaluation.similarities.isEmpty else { return text }
    var table = TextTable([
      .init("Similarities"), .init("Spearman", .right), .init("Pairs", .right),
      .init("Left out", .right),
    ])
    for (file, score) in evaluation.similarities {
      table.add([
        file, score.spearman?.fixed(4) ?? "", score.pairs.grouped, score.missing.grouped,
      ])
    }
    return text + (text.isEmpty ? "" : "\n") + table.rendered(for: .output)
  }

  /// The likeliest classes of each picture and how sure they are; entropies are in nats.
  static func predictions(_ predictions: [UncertainPrediction]) -> String {
    var table = TextTable([
      .init("Picture"), .init("Class"), .init("Mean", .right), .init("Spread", .right),
      .init("Entropy (nats)", .right), .init("Mutual information (nats)", .right),
    ])
    for prediction in predictions {
      for (rank, guess) in prediction.top.enumerated() {
        let isFirst = rank == 0
        table.add([
          isFirst ? prediction.input : "", guess.label, guess.probability.percent(),
          guess.spread.percent(), isFirst ? prediction.predictiveEntropy.fixed(4) : "",
          isFirst ? prediction.mutualInformation.fixed(4) : "",
        ])
      }
    }
    return table.rendered(for: .output)
  }

  /// How often a classifier found each class among generated and real pictures.
  static func balance(of quality: SampleQuality) -> String {
    var table = TextTable([
      .init("Class"), .init("Generated", .right), .init("Real", .right),
    ])
    for balance in quality.classBalance {
      table.add([balance.name, balance.share.percent(), balance.realShare.percent()])
    }
    return table.rendered(for: .output)
  }

  /// Runs with how far they came.
  static func runs(_ listings: [RunListing]) -> String {
    var table = TextTable([
      .init("Run"), .init("Recipe"), .init("State"), .init("Epochs", .right),
      .init("Accuracy", .right), .init("Begun"), .init("Folder"),
    ])
    for listing in listings {
      let name = listing.folder.name
      let path = listing.folder.path
      guard case .success(let record) = listing.record else {
        table.add([name, "", listing.state, "", "", "", path])
        continue
      }
      table.add([
        name, record.recipe, listing.state, progress(of: record),
        record.results?["accuracy"]?.double?.percent() ?? "", record.day, path,
      ])
    }
    return table.rendered(for: .output)
  }

  private static func progress(of record: RunRecord) -> String {
    let progress = record.progress
    guard let total = progress.totalSteps else {
      return "\(progress.epochs)/\(progress.totalEpochs)"
    }
    return "\(progress.steps.grouped)/\(total.grouped) steps"
  }

  /// The operations of a program, those that take longest first, beside what the machine can do.
  static func profile(_ profile: Profile, _ roofline: Roofline) -> String {
    var table = TextTable([
      .init("Operation"), .init("Kernel"), .init("Output"), .init("ms", .right),
      .init("share", .right), .init("GFLOP/s", .right), .init("GB/s", .right),
      .init("roofline", .right),
    ])
    let runs = Double(max(1, profile.runs))
    let total = max(profile.operations.reduce(0) { $0 + $1.seconds }, 1e-12)
    var least = 0.0
    let timed = profile.operations.filter { !$0.isSteady }
    for operation in timed.sorted(by: { $0.seconds > $1.seconds }) {
      let seconds = max(operation.seconds / runs, 1e-12)
      let (work, bytes) = (operation.operationCount, operation.byteCount)
      let bound = roofline.seconds(operations: work, bytes: bytes)
      least += bound
      table.add([
        operation.name, operation.implementation, operation.outputs.first?.description ?? "",
        (seconds * 1e3).fixed(3), (operation.seconds / total).percent(1),
        work == 0 ? "" : (Double(work) / seconds / 1e9).fixed(1),
        (Double(bytes) / seconds / 1e9).fixed(1), (bound / seconds).percent(0),
      ])
    }
    table.addRule()
    table.add([
      "all", "", "", (total / runs * 1e3).fixed(3), "100.0 %", "", "",
      (least / (total / runs)).percent(0),
    ])
    return table.rendered(for: .output)
  }

  /// Bars for the counts of a histogram.
  static func histogram(_ histogram: Histogram, of name: String) -> String {
    var table = TextTable([.init(name, .right), .init("Paths", .right), .init("")])
    let most = Double(histogram.counts.max() ?? 1)
    for (start, count) in zip(histogram.starts, histogram.counts) {
      let bar = String(repeating: "█", count: Int((40 * Double(count) / most).rounded()))
      let end = start + histogram.width - 1
      let isWhole = histogram.width.rounded() == histogram.width && start.rounded() == start
      let label =
        !isWhole
        ? start.fixed(2)
        : histogram.width == 1 ? start.fixed(0) : "\(start.fixed(0))–\(end.fixed(0))"
      table.add([label, count.grouped, bar])
    }
    return table.rendered(for: .output)
  }
}
