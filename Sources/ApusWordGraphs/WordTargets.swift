import ApusNumerics
import ApusWordVectors

/// What a true word is scored with.
enum WordTargets {
  /// The word against drawn ones, by their counts to the power of ¾.
  case negatives(AliasTable, count: Int)
  /// The way to the word.
  case tree(HuffmanTree)
  /// The word beside words drawn uniformly.
  case uniform(words: Int, count: Int)

  init(_ settings: WordTrainingSettings, _ vocabulary: Vocabulary) {
    switch settings.loss {
    case .negativeSampling:
      let weights = vocabulary.counts.map { power(Double($0), 0.75) }
      self = .negatives(AliasTable(weights: weights), count: settings.drawnWords)
    case .hierarchicalSoftmax:
      self = .tree(HuffmanTree(counts: vocabulary.counts))
    case .sampledSoftmax:
      self = .uniform(words: vocabulary.count, count: settings.drawnWords)
    }
  }

  /// The targets of a word; a drawn word that is the word itself does not count with negative sampling.
  func targets(of word: Int, using stream: inout PhiloxStream) -> [WordBatch.Target] {
    switch self {
    case .negatives(let table, let count):
      let drawn = (0..<count).map { _ in table.draw(using: &stream) }
      return [.init(row: word, label: 1)]
        + drawn.map { .init(row: $0, label: 0, weight: $0 == word ? 0 : 1) }
    case .tree(let tree):
      return (Int(tree.starts[word])..<Int(tree.starts[word + 1])).map {
        .init(row: Int(tree.nodes[$0]), label: tree.codes[$0] == 0 ? 1 : 0)
      }
    case .uniform(let words, let count):
      return [.init(row: word, label: 1)]
        + (0..<count).map { _ in .init(row: Int.random(in: 0..<words, using: &stream), label: 0) }
    }
  }
}

extension AliasTable {
  /// A word.
  fileprivate func draw(using stream: inout PhiloxStream) -> Int {
    let slot = Int.random(in: 0..<entries.count, using: &stream)
    let entry = entries[slot]
    return UInt64(stream.nextWord()) <= entry >> 32 ? slot : Int(entry & 0xFFFF_FFFF)
  }
}
