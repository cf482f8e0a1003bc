/// Rows of text in aligned columns, for a terminal or a file.
package struct TextTable: Sendable {
  /// To which side a column's texts are pushed.
  package enum Alignment: Sendable { case left, right }

  /// A column's heading and side.
  package struct Column: Sendable {
    package var title: String
    package var alignment: Alignment

    /// A column, to the left unless said otherwise.
    package init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  private enum Line {
    case row([String])
    case rule
  }

  private let columns: [Column]
  private var lines: [Line] = []

  /// A table without rows; where all titles are empty there is no heading.
  package init(_ columns: [Column]) {
    self.columns = columns.map { Column($0.title.escapingControls, $0.alignment) }
  }

  /// Adds a row; control characters in it become escapes, as in titles.
  ///
  /// - Precondition: it has not more texts than there are columns; missing ones are empty.
  package mutating func add(_ row: [String]) {
    precondition(row.count <= columns.count, "\(row.count) texts for \(columns.count) columns")
    let texts = row.map(\.escapingControls)
    lines.append(.row(texts + Array(repeating: "", count: columns.count - row.count)))
  }

  /// Adds a line between rows.
  package mutating func addRule() { lines.append(.rule) }

  /// The lines of the table, each ended by a line break.
  ///
  /// - Parameters:
  ///   - screen: what it is for: headings are bold where there are colours, rules are ASCII where
  ///     there is no Unicode.
  ///   - width: the columns it may take; the widest column to the left is cut until it fits.
  package func rendered(for screen: Screen, width: Int? = nil) -> String {
    var widths = columns.indices.map { column in
      lines.reduce(columns[column].title.displayWidth) { widest, line in
        guard case .row(let texts) = line else { return widest }
        return max(widest, texts[column].displayWidth)
      }
    }
    if let width { shrink(&widths, to: width) }
    let rule = widths.map { String(repeating: screen.hasUnicode ? "─" : "-", count: $0) }
      .joined(separator: "  ")
    var text = ""
    if columns.contains(where: { !$0.title.isEmpty }) {
      text += screen.styled(line(columns.map(\.title), widths), .bold) + "\n" + rule + "\n"
    }
    for entry in lines {
      switch entry {
      case .row(let texts): text += line(texts, widths) + "\n"
      case .rule: text += rule + "\n"
      }
    }
    return text
  }

  private func line(_ texts: [String], _ widths: [Int]) -> String {
    var line = columns.indices.map { column in
      texts[column].truncated(toWidth: widths[column])
        .padded(toWidth: widths[column], alignedRight: columns[column].alignment == .right)
    }.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }

  private func shrink(_ widths: inout [Int], to width: Int) {
    let excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
    let left = columns.indices.filter { columns[$0].alignment == .left }
    guard excess > 0, let widest = left.max(by: { widths[$0] < widths[$1] }) else { return }
    widths[widest] = max(widths[widest] - excess, min(widths[widest], 8))
  }
}
