import ApusFormats
import ApusTensors

/// The file formats that word vectors travel in.
public enum WordVectorFormat: String, Sendable, Hashable, CaseIterable {
  /// A line with the numbers of words and of a vector's numbers, then a line for each word.
  case word2vec
  /// The same first line, then for each word its text, a blank, and `float32` numbers, little-endian.
  case word2vecBinary = "word2vec-binary"
  /// As `word2vec` without the first line.
  case glove
  /// Tensors `vectors`, `words` and, where known, `counts`.
  case safetensors

  /// The vectors in a file, unpacked where it is gzip or .xz.
  ///
  /// - Throws: `FormatError` with the line or byte where it does not keep to the format.
  public func read(_ path: String) throws -> WordVectors {
    if self == .safetensors {
      return try WordModelFile(Safetensors.read(OpenFile.open(path)), file: path).wordVectors
    }
    return try read(CompressedFile.open(path))
  }

  /// The vectors in the bytes of a file that errors call `file`.
  package func decode(_ bytes: [UInt8], file: String) throws -> WordVectors {
    if self == .safetensors {
      return try WordModelFile(Safetensors.decode(bytes, file: file), file: file).wordVectors
    }
    return try read(CompressedFile.source(of: MemoryBytes(bytes, file: file)))
  }

  private func read(_ source: any ByteSource) throws -> WordVectors {
    switch self {
    case .word2vec: try TextVectorReader(source, hasHeader: true).vectors()
    case .glove: try TextVectorReader(source, hasHeader: false).vectors()
    default: try BinaryVectorReader(source).vectors()
    }
  }

  /// Writes vectors, whole or not at all; text has as many digits as give the same numbers again.
  ///
  /// Blanks and line breaks inside a word become `_`, but in safetensors: they would divide it.
  ///
  /// - Throws: `FormatError` where that makes one word of two, or the file cannot be written.
  public func write(_ vectors: WordVectors, to path: String) throws(FormatError) {
    switch self {
    case .safetensors:
      try WordModelFile(words: vectors.words, vectors: vectors.vectors, counts: vectors.counts)
        .write(to: path)
    case .word2vec, .glove, .word2vecBinary:
      try Self.checkNames(of: vectors.words, in: path)
      try AtomicFile.write(to: path) { (writer) throws(FormatError) in
        if self != .glove {
          try writer.write(Array("\(vectors.words.count) \(vectors.size)\n".utf8))
        }
        for (place, word) in vectors.words.enumerated() {
          try writer.write(row(of: word, vectors.vector(at: place)))
        }
      }
    }
  }

  /// Checks that words still differ where blanks have become `_`.
  private static func checkNames(of words: [String], in path: String) throws(FormatError) {
    guard words.contains(where: { $0.utf8.contains { $0 <= 32 } }) else { return }
    var owners: [[UInt8]: String] = [:]
    for word in words {
      guard let other = owners.updateValue(word, forKey: undivided(word)), other != word else {
        continue
      }
      throw FormatError(
        path, .wholeFile, expected: "words that differ when their blanks become _",
        actual: "\"\(printable(other.excerpt.utf8))\" and \"\(printable(word.excerpt.utf8))\"; "
          + "format safetensors keeps blanks")
    }
  }

  private static func undivided(_ word: String) -> [UInt8] {
    word.utf8.map { $0 <= 32 ? UInt8(ascii: "_") : $0 }
  }

  private func row(of word: String, _ vector: [Float]) -> [UInt8] {
    var bytes = Self.undivided(word)
    if self == .word2vecBinary {
      bytes.append(32)
      for number in vector {
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 }
      }
    } else {
      for number in vector { bytes += " \(number)".utf8 }
    }
    bytes.append(10)
    return bytes
  }
}
