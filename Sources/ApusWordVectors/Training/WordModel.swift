import ApusNumerics
import ApusTensors
import CKernels

/// What is learnt: an input and an output vector for each word of a vocabulary.
public final class WordModel: Sendable {
  public let vocabulary: Vocabulary
  public let settings: WordTrainingSettings
  let rows: WordRows
  private let keep: [UInt32]
  private let sampler: AliasTable?
  private let tree: HuffmanTree?

  /// A model with small random input vectors and output vectors of zeros.
  ///
  /// Inputs are uniform in `±0.5 / size` as in word2vec.c, each word from a stream of its own.
  public init(
    _ vocabulary: Vocabulary, _ settings: WordTrainingSettings, seed: UInt64
  ) throws(WordVectorError) {
    self.vocabulary = vocabulary
    self.settings = settings
    rows = try WordRows(words: vocabulary.count, size: settings.size)
    keep = vocabulary.keepProbabilities(threshold: settings.subsample).map {
      UInt32($0 * 4_294_967_295)
    }
    switch settings.loss {
    case .negativeSampling:
      sampler = AliasTable(weights: vocabulary.counts.map { power(Double($0), 0.75) })
      tree = nil
    case .hierarchicalSoftmax:
      sampler = nil
      tree = HuffmanTree(counts: vocabulary.counts)
    }
    for word in 0..<vocabulary.count {
      var stream = PhiloxStream(seed: seed, purpose: StreamPurpose.initialization, index: UInt64(word))
      let row = rows.input(word)
      for place in 0..<settings.size {
        row[place] = (Float(stream.nextWord() >> 8) * 0x1p-24 - 0.5) / Float(settings.size)
      }
    }
  }

  /// Replaces all vectors.
  ///
  /// - Parameters input, output: `float32 [words, size]`.
  public func setVectors(input: Tensor, output: Tensor) throws(WordVectorError) {
    let shape: Shape = [vocabulary.count, settings.size]
    for tensor in [input, output] where tensor.shape != shape || tensor.dataType != .float32 {
      throw WordVectorError(
        .setting, "expected vectors of shape \(shape), got \(tensor.dataType) \(tensor.shape)")
    }
    for (tensor, isInput) in [(input, true), (output, false)] {
      tensor.withElements(as: Float.self) { numbers in
        for word in 0..<vocabulary.count {
          let row = isInput ? rows.input(word) : rows.output(word)
          _ = row.update(
            fromContentsOf: numbers[word * settings.size..<(word + 1) * settings.size])
        }
      }
    }
  }

  /// The vectors that people use, `float32 [words, size]`.
  public var inputVectors: Tensor { tensor { rows.input($0) } }

  /// The vectors of the words to be predicted, or of the tree's inner nodes, `float32 [words, size]`.
  public var outputVectors: Tensor { tensor { rows.output($0) } }

  private func tensor(_ row: (Int) -> UnsafeMutableBufferPointer<Float>) -> Tensor {
    let (words, size) = (vocabulary.count, settings.size)
    return Tensor(TensorType([words, size])) { bytes in
      let numbers = bytes.bindMemory(to: Float.self)
      for word in 0..<words {
        _ = numbers[word * size..<(word + 1) * size].update(fromContentsOf: row(word))
      }
    }
  }

  /// Calls `body` with the model as the loops take it.
  func withLoops<Result>(_ body: (UnsafePointer<apus_word_model>) -> Result) -> Result {
    keep.withUnsafeBufferPointer { keep in
      guard let keepStart = keep.baseAddress else {
        preconditionFailure("a model has at least one word")
      }
      var model = apus_word_model(
        rows: rows.floats, words: Int64(rows.words), width: Int64(rows.width),
        is_cbow: settings.model == .cbow, keep: keepStart, sampler: nil, path_starts: nil,
        path_nodes: nil, path_codes: nil, window: Int32(settings.window),
        shrinks: settings.shrinksWindow, negatives: Int32(settings.negatives), sharing: 2)
      guard let sampler else { return withTree(&model, body) }
      return sampler.entries.withUnsafeBufferPointer { entries in
        model.sampler = entries.baseAddress
        return body(&model)
      }
    }
  }

  private func withTree<Result>(
    _ model: inout apus_word_model, _ body: (UnsafePointer<apus_word_model>) -> Result
  ) -> Result {
    guard let tree else { preconditionFailure("a model has a sampler or a tree") }
    return tree.starts.withUnsafeBufferPointer { starts in
      tree.nodes.withUnsafeBufferPointer { nodes in
        tree.codes.withUnsafeBufferPointer { codes in
          model.path_starts = starts.baseAddress
          model.path_nodes = nodes.baseAddress
          model.path_codes = codes.baseAddress
          return body(&model)
        }
      }
    }
  }
}
