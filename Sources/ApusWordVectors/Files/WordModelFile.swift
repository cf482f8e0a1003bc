import ApusFormats
import ApusTensors

/// Trained words in a safetensors file: what runs and their checkpoints keep.
///
/// `vectors` and, where known, `output` are `float32 [words, size]`, `counts` is `int64 [words]`, `words` is
/// `uint8`, the words in UTF-8 with a line break after each; `biases` are `float32 [words]`, and
/// `optimizer` is what Adam goes on from. The metadata say with what `model` and `loss` they were trained.
package struct WordModelFile {
  /// The newest format that is read, and the one that is written.
  package static let format = 1

  package var words: [String]
  package var vectors: Tensor
  package var output: Tensor?
  package var counts: [Int]?
  package var biases: Tensor?
  package var optimizer: Tensor?
  /// Texts that go with them.
  package var metadata: [String: String]

  package init(
    words: [String], vectors: Tensor, output: Tensor? = nil, counts: [Int]? = nil,
    metadata: [String: String] = [:]
  ) {
    self.words = words
    self.vectors = vectors
    self.output = output
    self.counts = counts
    self.metadata = metadata
  }

  /// The file at `path`.
  ///
  /// - Throws: `FormatError` where it is missing, damaged or of a newer format.
  package init(reading path: String) throws(FormatError) {
    var contents = try Safetensors.read(path)
    // Files of earlier versions have none.
    if let kept = contents.metadata.removeValue(forKey: "checksum") {
      var checksum = Checksum()
      checksum.add(contents.metadata)
      checksum.add(contents.tensors)
      guard kept == "\(checksum.value)" else {
        throw FormatError(
          path, .wholeFile, expected: "what its checksum says", actual: "other words or numbers")
      }
    }
    self = try WordModelFile(contents, file: path)
  }

  package init(_ contents: Safetensors.Contents, file: String) throws(FormatError) {
    func fault(_ expected: String, _ actual: String) -> FormatError {
      FormatError(file, .wholeFile, expected: expected, actual: actual)
    }
    if let text = contents.metadata["format"], text != "\(Self.format)" {
      throw fault("word vectors of format \(Self.format)", "format \(text)")
    }
    guard let text = contents["words"], text.dataType == .uint8 else {
      throw fault("a tensor words of uint8, the words in UTF-8", "none")
    }
    let words = try text.withElements(as: UInt8.self) { (bytes) throws(FormatError) in
      try bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast()
        .map { (word) throws(FormatError) in
          guard let word = String(validating: word, as: UTF8.self) else {
            throw fault("words in UTF-8", "other bytes")
          }
          guard 1...RepairedWords.longestWord ~= word.utf8.count else {
            throw fault(
              "words of 1 to \(RepairedWords.longestWord) bytes", "one of \(word.utf8.count)")
          }
          return word
        }
    }
    guard !words.isEmpty else { throw fault("at least one word", "none") }
    guard let vectors = contents["vectors"], vectors.dataType == .float32,
      vectors.shape.extents.count == 2, vectors.shape[0] == words.count, vectors.shape[1] > 0
    else {
      throw fault(
        "a tensor vectors of float32 [\(words.count), size]",
        contents["vectors"].map { "\($0.dataType) \($0.shape)" } ?? "none")
    }
    try vectors.withElements(as: Float.self) { (numbers) throws(FormatError) in
      guard let wrong = numbers.firstIndex(where: { !$0.isFinite }) else { return }
      throw fault(
        "finite numbers", "\(numbers[wrong]) in the vector of \(words[wrong / vectors.shape[1]])")
    }
    self.words = words
    self.vectors = vectors
    output = contents["output"]
    if let output, output.type != vectors.type {
      throw fault("a tensor output of \(vectors.type)", "\(output.type)")
    }
    biases = contents["biases"]
    if let biases, biases.type != TensorType([words.count]) {
      throw fault("a tensor biases of float32 [\(words.count)]", "\(biases.type)")
    }
    optimizer = contents["optimizer"]
    if let counts = contents["counts"] {
      guard counts.dataType == .int64, counts.count == words.count else {
        throw fault("a tensor counts of int64 [\(words.count)]", "\(counts.type)")
      }
      let numbers = counts.scalars(as: Int64.self).map { Int($0) }
      if let wrong = Self.wrongCount(in: numbers) {
        throw fault("counts from 0, of at most 2^53 together", "\(wrong)")
      }
      self.counts = numbers
    }
    metadata = contents.metadata
  }

  /// The first count that is negative or makes the sum too large; nil where there is none.
  private static func wrongCount(in counts: [Int]) -> Int? {
    var rest = 1 << 53
    return counts.first { count in
      guard 0...rest ~= count else { return true }
      rest -= count
      return false
    }
  }

  /// The words with their vectors.
  package var wordVectors: WordVectors {
    get throws(WordVectorError) {
      try WordVectors(words: words, vectors: vectors, counts: counts)
    }
  }

  /// Writes the file, whole or not at all.
  package func write(to path: String) throws(FormatError) {
    var tensors = [("vectors", vectors)]
    if let output { tensors.append(("output", output)) }
    if let biases { tensors.append(("biases", biases)) }
    if let optimizer { tensors.append(("optimizer", optimizer)) }
    let parts = tensors.map { Safetensors.Part(name: $0, tensor: $1) }
    try Self.write(parts, words: words, counts: counts, metadata: metadata, to: path)
  }

  /// Writes a model without copies of its vectors.
  ///
  /// - Parameter isWhole: whether with all that training needs to go on.
  package static func write(
    _ model: WordModel, isWhole: Bool, metadata: [String: String], to path: String
  ) throws(FormatError) {
    let sharesVectors = model.settings.sharesVectors
    var parts = [
      model.rows.part("vectors", row: 0), model.rows.part("output", row: sharesVectors ? 0 : 1),
    ]
    let extra = [("biases", model.biases), ("optimizer", isWhole ? model.optimizerState : nil)]
    for (name, tensor) in extra {
      guard let tensor else { continue }
      parts.append(Safetensors.Part(name: name, tensor: tensor))
    }
    var metadata = metadata
    metadata["model"] = model.settings.model.rawValue
    metadata["loss"] = model.settings.loss.rawValue
    try write(
      parts, words: model.vocabulary.words, counts: model.vocabulary.counts, metadata: metadata,
      to: path)
  }

  private static func write(
    _ parts: [Safetensors.Part], words: [String], counts: [Int]?, metadata: [String: String],
    to path: String
  ) throws(FormatError) {
    var parts = parts
    let length = words.reduce(0) { $0 + $1.utf8.count + 1 }
    parts.append(
      Safetensors.Part(name: "words", type: TensorType([length], .uint8)) {
        (writer) throws(FormatError) in
        for word in words {
          try writer.write(word.utf8)
          try writer.write(CollectionOfOne<UInt8>(10))
        }
      })
    if let counts {
      parts.append(
        Safetensors.Part(name: "counts", type: TensorType([counts.count], .int64)) {
          (writer) throws(FormatError) in
          for count in counts {
            try writer.write(withUnsafeBytes(of: Int64(count).littleEndian, Array.init))
          }
        })
    }
    var metadata = metadata
    metadata["format"] = "\(Self.format)"
    metadata["checksum"] = nil
    var checksum = Checksum()
    checksum.add(metadata)
    try checksum.add(parts)
    metadata["checksum"] = "\(checksum.value)"
    try Safetensors.write(parts, metadata: metadata, to: path)
  }
}

extension WordRows {
  /// One row of each word as `float32 [words, size]` in a file.
  func part(_ name: String, row: Int) -> Safetensors.Part {
    Safetensors.Part(name: name, type: TensorType([words, size])) {
      (writer) throws(FormatError) in
      for word in 0..<self.words {
        try writer.write(UnsafeRawBufferPointer(self[word, row]))
      }
    }
  }
}
