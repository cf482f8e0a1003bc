import ApusFormats
import ApusTensors
import Glibc

/// Reads vectors from text: a word, then its numbers, blanks between them.
///
/// Memory is taken as rows come, never because a header says so. Without a header a word may hold blanks
/// itself, as some of GloVe's do: the numbers are counted from the end of the line.
struct TextVectorReader {
  private static let longestLine = 1 << 24

  private let lines: LineReader
  private let hasHeader: Bool

  init(_ source: any ByteSource, hasHeader: Bool) {
    lines = LineReader(source, longest: Self.longestLine)
    self.hasHeader = hasHeader
  }

  func vectors() throws -> WordVectors {
    var size: Int?
    var expected: Int?
    if hasHeader {
      let header = try self.header()
      size = header.size
      expected = header.words
    }
    var words = RepairedWords()
    var numbers: [Float] = []
    while let line = try lines.next() {
      if line.isEmpty { continue }
      if let expected, words.count == expected {
        throw fault("the end of the file after \(expected) words", "another line")
      }
      let fields = Fields(of: line)
      if size == nil { try refuseHeader(line) }
      let count = size ?? max(1, fields.count - 1)
      size = count
      guard hasHeader ? fields.count == count + 1 : fields.count > count else {
        throw fault("a word and \(count) numbers", "\(fields.count) fields")
      }
      try append(fields, of: line, last: count, to: &numbers)
      try words.add(
        fields.bytes(of: line, first: fields.count - count), file: lines.file, .line(lines.number))
    }
    guard expected == nil || words.count == expected else {
      throw fault("\(expected ?? 0) words", "the end of the file after \(words.count)")
    }
    guard let size, words.count > 0 else { throw fault("word vectors", "none") }
    try words.check(file: lines.file)
    return try WordVectors(words, vectors: Tensor(numbers, shape: [words.count, size]))
  }

  /// Two whole numbers in the first line are word2vec's header, not a word with a vector of one number.
  private func refuseHeader(_ line: [UInt8]) throws(FormatError) {
    let fields = line.split(separator: 32).map { Int(String(decoding: $0, as: UTF8.self)) }
    guard fields.count == 2, fields.allSatisfy({ $0 != nil }) else { return }
    throw fault("a word and its numbers", "two whole numbers, as a file of format word2vec begins")
  }

  private func header() throws(FormatError) -> (words: Int, size: Int) {
    guard let line = try lines.next() else { throw fault("word vectors", "an empty file") }
    let fields = line.split(separator: 32).map { Int(String(decoding: $0, as: UTF8.self)) }
    guard fields.count == 2, let words = fields[0], let size = fields[1], words >= 0,
      1...100_000 ~= size
    else {
      throw fault(
        "the numbers of words and of a vector's numbers (at most 100000), which only files of format "
          + "glove are without",
        printable(line.prefix(60)))
    }
    return (words, size)
  }

  private func append(
    _ fields: Fields, of line: [UInt8], last count: Int, to numbers: inout [Float]
  ) throws(FormatError) {
    for field in fields.ranges.suffix(count) {
      var text = line[field].map { CChar(bitPattern: $0) }
      text.append(0)
      var end: UnsafeMutablePointer<CChar>?
      var (number, length): (Float, Int) = (0, 0)
      text.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return }
        number = strtof(start, &end)
        length = end.map { $0 - start } ?? 0
      }
      guard length == field.count, number.isFinite else {
        throw fault(
          "a finite number", "\"\(printable(line[field].prefix(40)))\"")
      }
      numbers.append(number)
    }
  }

  private func fault(_ expected: String, _ actual: String) -> FormatError {
    FormatError(lines.file, .line(max(1, lines.number)), expected: expected, actual: actual)
  }

  /// What stands between the blanks of a line.
  private struct Fields {
    private(set) var ranges: [Range<Int>] = []

    init(of line: [UInt8]) {
      var start = 0
      for place in 0...line.count where place == line.count || line[place] == 32 || line[place] == 9
      {
        if place > start { ranges.append(start..<place) }
        start = place + 1
      }
    }

    var count: Int { ranges.count }

    /// The first fields with what is between them.
    func bytes(of line: [UInt8], first count: Int) -> ArraySlice<UInt8> {
      guard let first = ranges.first, count > 0 else { return [] }
      return line[first.lowerBound..<ranges[count - 1].upperBound]
    }
  }
}

/// Bytes of a file as an error shows them: what would steer a terminal is left out.
func printable(_ bytes: some Sequence<UInt8>) -> String {
  String(decoding: bytes.map { $0 < 32 || $0 == 127 ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
}

/// The lines of a file, read a piece at a time.
final class LineReader {
  private let source: any ByteSource
  private let longest: Int
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var place = 0
  private var filled = 0
  /// The number of the last line that was read, from 1.
  private(set) var number = 0

  init(_ source: any ByteSource, longest: Int) {
    self.source = source
    self.longest = longest
  }

  var file: String { source.file }

  /// The next line without its end (`\n` or `\r\n`); nil after the last.
  func next() throws(FormatError) -> [UInt8]? {
    var line: [UInt8] = []
    var hasBegun = false
    while true {
      if place == filled, try !refill() {
        guard hasBegun else { return nil }
        break
      }
      if !hasBegun { number += 1 }
      hasBegun = true
      let end = buffer[place..<filled].firstIndex(of: 10) ?? filled
      line += buffer[place..<end]
      guard line.count <= longest else {
        throw FormatError(
          file, .line(number), expected: "a line of at most \(longest) bytes", actual: "more")
      }
      place = min(end + 1, filled)
      if end < filled { break }
    }
    if line.last == 13 { line.removeLast() }
    // Some programs begin a text with a byte-order mark.
    if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    return line
  }

  private func refill() throws(FormatError) -> Bool {
    let result = buffer.withUnsafeMutableBytes { target in
      Result { () throws(FormatError) in try source.read(into: target) }
    }
    filled = try result.get()
    place = 0
    return filled > 0
  }
}
