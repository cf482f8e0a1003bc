import FoundationEssentials

/// A page about a run that opens from disk: one HTML file with its pictures inside.
public struct Report: Sendable {
  public var title: String
  /// What the run is, in one line below the title.
  public var subtitle: String
  /// The few numbers that matter most.
  public var figures: [Figure]
  public var sections: [Section]
  /// One line at the end of the page.
  public var footer: String

  /// A number with what it means.
  public struct Figure: Sendable {
    public var value: String
    public var label: String

    public init(_ value: String, _ label: String) {
      self.value = value
      self.label = label
    }
  }

  /// A part of the page with a heading.
  public struct Section: Sendable {
    public var title: String
    public var content: [Content]

    public init(_ title: String, _ content: [Content]) {
      self.title = title
      self.content = content
    }
  }

  /// What a section can hold.
  public enum Content: Sendable {
    case text(String)
    case picture(Picture)
    /// Pictures side by side where the window is wide enough.
    case pictures([Picture])
    case table(Table)
    /// Tables side by side where the window is wide enough.
    case tables([(title: String, table: Table)])
  }

  /// A picture with what it shows, for people who cannot see it.
  public struct Picture: Sendable {
    /// The bytes of a PNG or GIF file.
    public var bytes: [UInt8]
    public var description: String

    public init(_ bytes: [UInt8], description: String) {
      self.bytes = bytes
      self.description = description
    }
  }

  /// Rows under a header; the columns after the first are numbers where `isNumeric` is true.
  public struct Table: Sendable {
    public var header: [String]
    public var rows: [[String]]
    public var isNumeric: Bool

    public init(header: [String] = [], rows: [[String]], isNumeric: Bool = false) {
      self.header = header
      self.rows = rows
      self.isNumeric = isNumeric
    }
  }

  public init(
    title: String, subtitle: String, figures: [Figure], sections: [Section], footer: String
  ) {
    self.title = title
    self.subtitle = subtitle
    self.figures = figures
    self.sections = sections
    self.footer = footer
  }

  /// The page.
  public var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(title.escaped)</title>
    <style>
    \(Report.style)
    </style>
    </head>
    <body>
    <main>
    <header>
    <h1>\(title.escaped)</h1>
    <p>\(subtitle.escaped)</p>
    </header>
    \(figuresHTML)\(sections.map(\.html).joined(separator: "\n"))
    <footer>\(footer.escaped)</footer>
    </main>
    </body>
    </html>

    """
  }

  private var figuresHTML: String {
    guard !figures.isEmpty else { return "" }
    let items = figures.map {
      "<div><dd>\($0.value.escaped)</dd><dt>\($0.label.escaped)</dt></div>"
    }
    return "<dl class=\"figures\">\n\(items.joined(separator: "\n"))\n</dl>\n"
  }
}

extension Report.Section {
  fileprivate var html: String {
    "<section>\n<h2>\(title.escaped)</h2>\n"
      + content.map(\.html).joined(separator: "\n") + "\n</section>"
  }
}

extension Report.Content {
  fileprivate var html: String {
    switch self {
    case .text(let text): "<p>\(text.escaped)</p>"
    case .picture(let picture): picture.html
    case .pictures(let pictures):
      "<div class=\"columns pictures\">\n" + pictures.map(\.html).joined(separator: "\n")
        + "\n</div>"
    case .table(let table): "<div class=\"scrolling\">\(table.html)</div>"
    case .tables(let tables):
      "<div class=\"columns\">\n"
        + tables.map { "<div><h3>\($0.title.escaped)</h3>\n\($0.table.html)</div>" }
        .joined(separator: "\n") + "\n</div>"
    }
  }
}

extension Report.Picture {
  fileprivate var html: String {
    "<figure><img alt=\"\(description.escaped)\" src=\"data:image/\(kind);base64,"
      + Data(bytes).base64EncodedString() + "\"></figure>"
  }

  private var kind: String { bytes.starts(with: Array("GIF8".utf8)) ? "gif" : "png" }
}

extension Report.Table {
  fileprivate var html: String {
    let head =
      header.isEmpty
      ? ""
      : "<thead><tr>\(header.map { "<th scope=\"col\">\($0.escaped)</th>" }.joined())</tr></thead>\n"
    let body = rows.map { row in
      let cells = row.enumerated().map { index, cell in
        index == 0 ? "<th scope=\"row\">\(cell.escaped)</th>" : "<td>\(cell.escaped)</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    return "<table\(isNumeric ? " class=\"numeric\"" : "")>\n\(head)<tbody>\n"
      + body.joined(separator: "\n") + "\n</tbody>\n</table>"
  }
}

extension String {
  /// The text with the characters that HTML gives a meaning replaced.
  fileprivate var escaped: String {
    var escaped = ""
    for character in self {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
