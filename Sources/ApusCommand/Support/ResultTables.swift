import ApusApplications
import ApusEngine

/// Results as tables of text.
enum ResultTables {
  static func table(_ header: [String], _ rows: [[String]]) -> String {
    let all = (header.isEmpty ? [] : [header]) + rows
    let columns = all.map(\.count).max() ?? 0
    let widths = (0..<columns).map { c in all.map { c < $0.count ? $0[c].count : 0 }.max() ?? 0 }
    return all.map { row in
      row.enumerated().map { c, cell in cell + String(repeating: " ", count: widths[c] - cell.count)
      }
      .joined(separator: "  ")
    }.joined(separator: "\n")
  }

  static func classes(of result: ClassificationReport) -> String {
    table(
      ["Class", "Precision", "Recall", "F1", "Images"],
      result.perClass.map {
        [$0.name, $0.precision.fixed(3), $0.recall.fixed(3), $0.f1.fixed(3), $0.support.grouped]
      } + [["mean", "", "", result.macroF1.fixed(3), result.examples.grouped]])
  }

  static func confusion(of result: ClassificationReport) -> String {
    table(
      [""] + result.classes.indices.map { "\($0)" },
      result.counts.enumerated().map { index, row in
        ["\(index) \(result.classes[index])"] + row.map { "\($0)" }
      })
  }

  static func profile(_ profile: Profile) -> String {
    let runs = Double(max(1, profile.runs))
    let total = profile.operations.reduce(0) { $0 + $1.seconds }
    return table(
      ["Operation", "Kernel", "Output", "ms", "%", "GFLOP/s", "GB/s"],
      profile.operations.sorted { $0.seconds > $1.seconds }.map { operation in
        let seconds = operation.seconds / runs
        return [
          operation.name, operation.implementation, operation.outputs.first?.description ?? "",
          (seconds * 1e3).fixed(3), (operation.seconds / total * 100).fixed(1),
          (Double(operation.operationCount) / seconds / 1e9).fixed(1),
          (Double(operation.byteCount) / seconds / 1e9).fixed(1),
        ]
      })
  }
}
