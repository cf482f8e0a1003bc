import ApusFormats
import ApusTensors

/// Reads vectors in word2vec's binary format: a line with two numbers, then for each word its text, a blank
/// and its numbers; line breaks between words may be missing, as Google's file leaves them out.
final class BinaryVectorReader {
  private let source: any ByteSource
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var place = 0
  private var filled = 0
  /// Bytes of the file before those in the buffer.
  private var passed = 0

  init(_ source: any ByteSource) { self.source = source }

  func vectors() throws -> WordVectors {
    let (count, size) = try header()
    var words = RepairedWords()
    var numbers: [Float] = []
    for _ in 0..<count {
      try words.add(word(), file: source.file, .byte(passed + place))
      for _ in 0..<size { numbers.append(try number()) }
    }
    while let byte = try byte() {
      guard byte == 10 || byte == 13 else {
        throw fault("the end of the file after \(count) words", "more bytes", before: 1)
      }
    }
    try words.check(file: source.file)
    return try WordVectors(words, vectors: Tensor(numbers, shape: [count, size]))
  }

  private func header() throws(FormatError) -> (count: Int, size: Int) {
    var line: [UInt8] = []
    while let byte = try byte(), byte != 10, line.count < 60 { line.append(byte) }
    let fields = line.split(separator: 32).map { Int(String(decoding: $0, as: UTF8.self)) }
    guard fields.count == 2, let count = fields[0], let size = fields[1], count > 0,
      1...100_000 ~= size
    else {
      throw FormatError(
        source.file, .byte(0),
        expected: "the numbers of words and of a vector's numbers (at most 100000)",
        actual: line.isEmpty
          ? passed + place == 0 ? "an empty file" : "an empty line" : printable(line))
    }
    return (count, size)
  }

  private func word() throws(FormatError) -> [UInt8] {
    var word: [UInt8] = []
    while true {
      guard let byte = try byte() else {
        throw fault("a word and its vector", "the end of the file")
      }
      if byte == 32 { break }
      if byte == 10 || byte == 13 {
        if word.isEmpty { continue }
        throw fault("a word without a line break, then a blank", "a line break", before: 1)
      }
      word.append(byte)
      guard word.count <= RepairedWords.longestWord else {
        throw fault(
          "a word of at most \(RepairedWords.longestWord) bytes and a blank", "more bytes")
      }
    }
    guard !word.isEmpty else { throw fault("a word", "a blank", before: 1) }
    return word
  }

  private func number() throws(FormatError) -> Float {
    var bits: UInt32 = 0
    for shift in 0..<4 {
      guard let byte = try byte() else {
        throw fault("more numbers of a vector", "the end of the file")
      }
      bits |= UInt32(byte) << UInt32(8 * shift)
    }
    let number = Float(bitPattern: bits)
    guard number.isFinite else { throw fault("a finite number", "\(number)", before: 4) }
    return number
  }

  @inline(__always)
  private func byte() throws(FormatError) -> UInt8? {
    if place == filled, try !refill() { return nil }
    place += 1
    return buffer[place - 1]
  }

  private func refill() throws(FormatError) -> Bool {
    passed += filled
    place = 0
    let result = buffer.withUnsafeMutableBytes { target in
      Result { () throws(FormatError) in try source.read(into: target) }
    }
    filled = 0
    filled = try result.get()
    return filled > 0
  }

  private func fault(_ expected: String, _ actual: String, before: Int = 0) -> FormatError {
    FormatError(
      source.file, .byte(passed + place - before), expected: expected, actual: actual)
  }
}
