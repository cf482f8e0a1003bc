import ApusJumpProcesses
import Glibc

/// A CSV file of what was seen: a column `time`, perhaps a column `path`, and others.
///
/// Rows of one path stand together, times rising. Faults name the line and the column (of letters).
public struct ObservationTable: Sendable {
  /// The columns other than `time` and `path`, in the order of the file.
  public let columns: [String]
  private let file: String
  private let paths: [[Row]]
  static let byteLimit = 1 << 28

  private struct Row: Sendable {
    var time: Double
    var cells: [Cell]
    var line: Int
  }

  private struct Cell: Sendable {
    var text: String
    var column: Int
  }

  /// Reads a file.
  public static func open(_ path: String) throws(NetworkFault) -> ObservationTable {
    guard let file = fopen(path, "re") else {
      let reason = errno == ENOENT ? "there is no such file" : String(cString: strerror(errno))
      throw NetworkFault(path, reason)
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer.prefix(count)
      guard bytes.count <= byteLimit else {
        throw NetworkFault(path, "expected at most \(byteLimit >> 20) MiB")
      }
    }
    guard ferror(file) == 0 else { throw NetworkFault(path, "cannot be read") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw NetworkFault(path, "expected text in UTF-8, got other bytes")
    }
    return try ObservationTable(text, file: path)
  }

  /// Reads the text of a file; errors call it `file`.
  public init(_ text: String, file: String) throws(NetworkFault) {
    self.file = file
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated().map { (number: $0.offset + 1, cells: Self.cut($0.element)) }
    lines.removeAll { $0.cells.count == 1 && $0.cells[0].text.isEmpty }
    guard let head = lines.first else { throw NetworkFault(file, "expected a line of names") }
    let names = head.cells.map(\.text)
    guard let time = names.firstIndex(of: "time") else {
      throw NetworkFault(
        file, .init(line: head.number, column: 1), "expected a column named time")
    }
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw NetworkFault(
        file, .init(line: head.number, column: head.cells[twice].column),
        "the column \(names[twice]) is there twice")
    }
    let path = names.firstIndex(of: "path")
    let others = names.indices.filter { $0 != time && $0 != path }
    columns = others.map { names[$0] }
    var (paths, current): ([[Row]], String?) = ([], nil)
    var seen: Set<String> = []
    for line in lines.dropFirst() {
      let place = NetworkFault.Place(line: line.number, column: line.cells[0].column)
      guard line.cells.count == names.count else {
        throw NetworkFault(
          file, place, "expected \(names.count) columns, got \(line.cells.count)")
      }
      let value = try Self.number(line.cells[time], line.number, file, "a time of at least 0")
      let name = path.map { line.cells[$0].text } ?? ""
      if name != current {
        guard seen.insert(name).inserted else {
          throw NetworkFault(file, place, "the rows of path \(name) do not stand together")
        }
        paths.append([])
        current = name
      }
      if let last = paths[paths.count - 1].last, value <= last.time {
        throw NetworkFault(
          file, .init(line: line.number, column: line.cells[time].column),
          "expected a time after \(last.time), got \(line.cells[time].text)")
      }
      paths[paths.count - 1].append(
        Row(time: value, cells: others.map { line.cells[$0] }, line: line.number))
    }
    guard !paths.isEmpty else { throw NetworkFault(file, "there is no row below the names") }
    self.paths = paths
  }

  private static func cut(_ line: Substring) -> [Cell] {
    var (cells, column): ([Cell], Int) = ([], 1)
    for part in line.split(separator: ",", omittingEmptySubsequences: false) {
      let lead = part.prefix { $0 == " " || $0 == "\t" }.count
      var text = part.dropFirst(lead)
      while let last = text.last, last.isWhitespace { text.removeLast() }
      cells.append(Cell(text: String(text), column: column + lead))
      column += part.count + 1
    }
    return cells
  }

  private static func number(
    _ cell: Cell, _ line: Int, _ file: String, _ what: String
  ) throws(NetworkFault) -> Double {
    guard let value = Double(cell.text), value.isFinite, value >= 0 else {
      throw NetworkFault(
        file, .init(line: line, column: cell.column),
        "expected \(what), got '\(cell.text.prefix(40))'")
    }
    return value
  }

  /// The paths of a process whose state is named in the column `state`.
  public func paths(states names: [String]) throws(NetworkFault) -> [ObservedPath] {
    guard let place = columns.firstIndex(of: "state") else {
      throw NetworkFault(file, .init(line: 1, column: 1), "expected a column named state")
    }
    var result: [ObservedPath] = []
    for rows in paths {
      var states: [Int] = []
      for row in rows {
        guard let state = names.firstIndex(of: row.cells[place].text) else {
          throw NetworkFault(
            file, .init(line: row.line, column: row.cells[place].column),
            "expected one of \(names.joined(separator: ", ")), got "
              + "'\(row.cells[place].text.prefix(40))'")
        }
        states.append(state)
      }
      result.append(ObservedPath(times: rows.map(\.time), states: states))
    }
    return result
  }

  /// Counts, a column for each of ``columns``.
  public func counts() throws(NetworkFault) -> [CountSeries] {
    guard !columns.isEmpty else {
      throw NetworkFault(
        file, .init(line: 1, column: 1), "expected a column of counts beside the time")
    }
    var result: [CountSeries] = []
    for rows in paths {
      var counts: [[Int]] = []
      for row in rows {
        var numbers: [Int] = []
        for cell in row.cells {
          let what = "a whole number from 0 to 1000000"
          let value = try Self.number(cell, row.line, file, what)
          guard value == value.rounded(), value <= 1_000_000 else {
            throw NetworkFault(
              file, .init(line: row.line, column: cell.column),
              "expected \(what), got '\(cell.text)'"
            )
          }
          numbers.append(Int(value))
        }
        counts.append(numbers)
      }
      result.append(CountSeries(times: rows.map(\.time), counts: counts))
    }
    return result
  }
}
