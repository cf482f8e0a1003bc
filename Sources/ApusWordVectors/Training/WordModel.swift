import ApusNumerics
import ApusTensors
import CKernels

/// What is learnt: an input and an output vector for each word of a vocabulary.
public final class WordModel: Sendable {
  public let vocabulary: Vocabulary
  public let settings: WordTrainingSettings
  let rows: WordRows
  /// Adam's means and mean squares of all rows, and the biases with theirs; of sampled softmax alone.
  let adam: WordAdam?
  private let keep: [UInt32]
  private let sampler: AliasTable?
  private let tree: HuffmanTree?

  /// A model with small random input vectors and output vectors of zeros.
  ///
  /// Inputs are uniform in `±0.5 / size` as in word2vec.c, each word from a stream of its own; with sampled
  /// softmax inputs and outputs are uniform in `±0.05`, as in Keras.
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
    case .sampledSoftmax:
      sampler = nil
      tree = nil
    }
    let isSoftmax = settings.loss == .sampledSoftmax
    adam = isSoftmax ? try WordAdam(words: vocabulary.count, size: settings.size) : nil
    let reach = isSoftmax ? 0.1 : 1 / Float(settings.size)
    for word in 0..<vocabulary.count {
      var stream = PhiloxStream(
        seed: seed, purpose: StreamPurpose.initialization, index: UInt64(word))
      Self.draw(rows.input(word), reach, &stream)
      if isSoftmax, !settings.sharesVectors { Self.draw(rows.output(word), reach, &stream) }
    }
  }

  private static func draw(
    _ row: UnsafeMutableBufferPointer<Float>, _ reach: Float, _ stream: inout PhiloxStream
  ) {
    for place in row.indices {
      row[place] = (Float(stream.nextWord() >> 8) * 0x1p-24 - 0.5) * reach
    }
  }

  /// Replaces the vectors of words.
  ///
  /// - Parameters:
  ///   - input, output: `float32 [words, size]`; without an output it keeps its own.
  ///   - places: the place here of each word of theirs; nil for all in order.
  public func setVectors(
    input: Tensor, output: Tensor?, at places: [Int]? = nil
  ) throws(WordVectorError) {
    let shape: Shape = [places?.count ?? vocabulary.count, settings.size]
    for tensor in [input, output ?? input]
    where tensor.shape != shape || tensor.dataType != .float32 {
      throw WordVectorError(
        .setting, "expected vectors of shape \(shape), got \(tensor.dataType) \(tensor.shape)")
    }
    if let wrong = places?.first(where: { !vocabulary.words.indices.contains($0) }) {
      throw WordVectorError(
        .setting, "expected places of \(vocabulary.count) words, got \(wrong)")
    }
    for (tensor, row) in [(input, 0), (output, 1)] {
      tensor?.withElements(as: Float.self) { numbers in
        for word in 0..<shape[0] {
          _ = rows[places?[word] ?? word, row].update(
            fromContentsOf: numbers[word * settings.size..<(word + 1) * settings.size])
        }
      }
    }
  }

  /// The vectors that people use, `float32 [words, size]`.
  public var inputVectors: Tensor { rows.tensor(row: 0, words: vocabulary.count) }

  /// The vectors of the first, most frequent words, `float32 [count, size]`.
  public func inputVectors(ofFirst count: Int) -> Tensor {
    rows.tensor(row: 0, words: min(count, vocabulary.count))
  }

  /// The vectors of the words to be predicted, or of the tree's inner nodes, `float32 [words, size]`.
  public var outputVectors: Tensor {
    rows.tensor(row: settings.sharesVectors ? 0 : 1, words: vocabulary.count)
  }

  /// The biases of the words to be predicted, `float32 [words]`; nil where there are none.
  public var biases: Tensor? { adam.map { $0.biases.tensor(column: 0) } }

  /// Calls `body` with the model as the loops take it.
  func withLoops<Result>(_ body: (UnsafePointer<apus_word_model>) -> Result) -> Result {
    keep.withUnsafeBufferPointer { keep in
      guard let keepStart = keep.baseAddress else {
        preconditionFailure("a model has at least one word")
      }
      var model = apus_word_model(
        rows: rows.floats, words: Int64(rows.words), width: Int64(rows.width),
        objective: settings.loss.objective, is_cbow: settings.model == .cbow, keep: keepStart,
        sampler: nil, path_starts: nil, path_nodes: nil, path_codes: nil,
        window: Int32(settings.window), shrinks: settings.shrinksWindow,
        negatives: Int32(settings.drawnWords), sharing: 2, moments: adam?.moments.floats,
        biases: adam?.biases.floats, shares_rows: settings.sharesVectors)
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
    guard let tree else { return body(&model) }
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

extension WordTrainingSettings.Loss {
  var objective: apus_word_objective {
    switch self {
    case .negativeSampling: .APUS_NEGATIVE_SAMPLING
    case .hierarchicalSoftmax: .APUS_HIERARCHICAL_SOFTMAX
    case .sampledSoftmax: .APUS_SAMPLED_SOFTMAX
    }
  }
}

extension WordRows {
  /// One row of each of the first words, `float32 [words, size]`.
  func tensor(row: Int, words: Int) -> Tensor {
    Tensor(TensorType([words, size])) { bytes in
      let numbers = bytes.bindMemory(to: Float.self)
      for word in 0..<words {
        _ = numbers[word * size..<(word + 1) * size].update(fromContentsOf: self[word, row])
      }
    }
  }
}
