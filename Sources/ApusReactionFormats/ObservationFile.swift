import ApusJumpProcesses

/// Observations of a process as a CSV file: a header, then a line for each time.
///
/// The column `time` is there always; `path` (any text) tells several paths apart, whose lines stay
/// together. All others are what was seen: `state`, or a species each.
public struct ObservationFile: Sendable {
  /// The largest file.
  public static let byteLimit = 256 << 20

  public let file: String
  /// The columns beside `time` and `path`, in order.
  public let columns: [String]
  private var paths: [Path] = []
  private var names: Set<String> = []

  private struct Path {
    var name: String
    var times: [Double] = []
    var fields: [[Field]] = []
    var lines: [Int] = []
  }

  private struct Field {
    var text: String
    var column: Int
  }

  /// - Throws: ``NetworkFault`` with the line and column where the file is no such table.
  public init(contentsOf path: String) throws(NetworkFault) {
    let bytes = try FileContents.read(
      path, limit: Self.byteLimit, orWhereMissing: "there is no such file")
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw NetworkFault(path, "expected text in UTF-8, got other bytes")
    }
    try self.init(text, file: path)
  }

  /// Reads the text of a file; errors call it `file`.
  public init(_ text: String, file: String) throws(NetworkFault) {
    self.file = file
    var lines = text.withoutByteOrderMark.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    let header = try Self.fields(lines.popFirst() ?? "", line: 1, file: file)
    let names = header.map(\.text)
    guard let time = names.firstIndex(of: "time") else {
      throw NetworkFault(
        file, .init(line: 1, column: 1),
        "expected a header with the column time, such as `time,state`")
    }
    if let twice = header.first(where: { field in names.count { $0 == field.text } > 1 }) {
      throw NetworkFault(
        file, .init(line: 1, column: twice.column), "there are two columns \(twice.text)")
    }
    let path = names.firstIndex(of: "path")
    let seen = names.indices.filter { $0 != time && $0 != path }
    columns = seen.map { names[$0] }
    for (offset, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      try add(
        Self.fields(line, line: offset + 2, file: file), line: offset + 2, time: time, path: path,
        seen: seen)
    }
    guard !paths.isEmpty else { throw NetworkFault(file, "there is no line behind the header") }
  }

  private mutating func add(
    _ fields: [Field], line: Int, time: Int, path: Int?, seen: [Int]
  ) throws(NetworkFault) {
    let expected = seen.count + (path == nil ? 1 : 2)
    guard fields.count == expected else {
      throw NetworkFault(
        file, .init(line: line, column: 1),
        "expected \(expected) fields as in the header, got \(fields.count)")
    }
    guard let value = Double(fields[time].text), value.isFinite else {
      throw fault(line, fields[time], "a finite number for the time")
    }
    let name = path.map { fields[$0].text } ?? ""
    if paths.last?.name != name {
      guard names.insert(name).inserted else {
        throw NetworkFault(
          file, .init(line: line, column: 1),
          "path \(name) was left and comes again; its lines must stay together")
      }
      paths.append(Path(name: name))
    }
    paths[paths.count - 1].times.append(value)
    paths[paths.count - 1].fields.append(seen.map { fields[$0] })
    paths[paths.count - 1].lines.append(line)
  }

  private func fault(_ line: Int, _ field: Field, _ expected: String) -> NetworkFault {
    NetworkFault(
      file, .init(line: line, column: field.column), "expected \(expected), got '\(field.text)'")
  }

  /// The fields of a line, blanks around them cut, and where each begins; one in quotes may hold
  /// commas, and a quote as two.
  private static func fields(
    _ line: Substring, line number: Int, file: String
  ) throws(NetworkFault) -> [Field] {
    var fields: [Field] = []
    var rest = line
    while true {
      let blanks = rest.prefix(while: \.isWhitespace)
      let column = line.distance(from: line.startIndex, to: blanks.endIndex) + 1
      rest = rest[blanks.endIndex...]
      let field: Substring
      var text: String
      if rest.first == "\"" {
        guard let end = endOfQuotes(rest) else {
          throw NetworkFault(
            file, .init(line: number, column: column), "a quote has no end on its line")
        }
        field = rest[..<end]
        text = String(field.dropFirst().dropLast()).replacing("\"\"", with: "\"")
        rest = rest[end...].drop(while: \.isWhitespace)
        guard rest.isEmpty || rest.first == "," else {
          throw NetworkFault(
            file, .init(line: number, column: column), "expected a comma behind the quoted field")
        }
      } else {
        field = rest.prefix { $0 != "," }
        let behind = field.reversed().prefix(while: \.isWhitespace).count
        text = String(field.dropLast(behind))
        rest = rest[field.endIndex...]
      }
      fields.append(Field(text: text, column: column))
      guard rest.popFirst() != nil else { return fields }
    }
  }

  /// Behind the quote that ends the field.
  private static func endOfQuotes(_ field: Substring) -> Substring.Index? {
    var rest = field.dropFirst()
    while let quote = rest.firstIndex(of: "\"") {
      rest = rest[rest.index(after: quote)...]
      guard rest.first == "\"" else { return rest.startIndex }
      rest = rest.dropFirst()
    }
    return nil
  }

  /// The paths of the one column that is there, as indices of `states`.
  ///
  /// - Parameter states: the names of the states; where empty, those of the file, sorted.
  public func stateRecords(
    _ states: [String]
  ) throws(NetworkFault) -> (states: [String], records: [StateRecord]) {
    guard columns.count == 1 else {
      throw NetworkFault(
        file, .init(line: 1, column: 1),
        "expected one column of states beside time and path, got \(columns.count)")
    }
    var names = states
    if names.isEmpty {
      names = Set(paths.flatMap { $0.fields.map { $0[0].text } }).sorted { Self.precedes($0, $1) }
    }
    var records: [StateRecord] = []
    for path in paths {
      var indices: [Int] = []
      for (field, line) in zip(path.fields, path.lines) {
        guard let index = names.firstIndex(of: field[0].text) else {
          throw fault(line, field[0], "one of the states \(names.joined(separator: ", "))")
        }
        indices.append(index)
      }
      records.append(StateRecord(times: path.times, states: indices, lines: path.lines))
    }
    return (names, records)
  }

  /// Numbers by their value, all else by its letters.
  private static func precedes(_ a: String, _ b: String) -> Bool {
    if let first = Double(a), let second = Double(b), first != second { return first < second }
    return a < b
  }

  /// The paths of all columns as amounts.
  public func countRecords() throws(NetworkFault) -> [CountRecord] {
    guard !columns.isEmpty else {
      throw NetworkFault(
        file, .init(line: 1, column: 1), "expected a column for each species beside the time")
    }
    var records: [CountRecord] = []
    for path in paths {
      var counts: [[Int]] = []
      for (fields, line) in zip(path.fields, path.lines) {
        var row: [Int] = []
        for field in fields {
          guard let value = Double(field.text), 0..<1e9 ~= value, value == value.rounded() else {
            throw fault(line, field, "a whole number of at least 0")
          }
          row.append(Int(value))
        }
        counts.append(row)
      }
      records.append(CountRecord(times: path.times, counts: counts, lines: path.lines))
    }
    return records
  }
}
