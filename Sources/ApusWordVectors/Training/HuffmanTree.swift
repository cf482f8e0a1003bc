/// The ways from the root of a binary tree to words, short for frequent ones.
///
/// Inner nodes are numbered from 0, one fewer than words; `codes` say which child the way takes.
///
/// Reference: Huffman (1952), "A method for the construction of minimum-redundancy codes",
/// Proc. IRE 40; Mikolov et al. (2013), arXiv:1301.3781.
package struct HuffmanTree: Sendable {
  /// Word `i` has the nodes and codes `starts[i]..<starts[i + 1]`, the root first.
  package let starts: [Int64]
  package let nodes: [Int32]
  package let codes: [UInt8]

  /// The tree of words whose counts fall.
  package init(counts: [Int]) {
    let words = counts.count
    var parents = [Int](repeating: -1, count: 2 * words)
    var children = [UInt8](repeating: 0, count: 2 * words)
    var weights = counts + [Int](repeating: 0, count: words)
    // Two queues: words from the rarest on, and inner nodes in the order they are made.
    var (word, made, next) = (words - 1, words, words)
    func rarest(_ weights: [Int]) -> Int {
      if word >= 0, made >= next || weights[word] < weights[made] {
        word -= 1
        return word + 1
      }
      made += 1
      return made - 1
    }
    while next < 2 * words - 1 {
      let (first, second) = (rarest(weights), rarest(weights))
      weights[next] = weights[first] + weights[second]
      parents[first] = next
      parents[second] = next
      children[second] = 1
      next += 1
    }
    var starts: [Int64] = [0]
    var nodes: [Int32] = []
    var codes: [UInt8] = []
    for word in 0..<words {
      var way: [(node: Int32, code: UInt8)] = []
      var place = word
      while parents[place] >= 0 {
        way.append((Int32(parents[place] - words), children[place]))
        place = parents[place]
      }
      for step in way.reversed() {
        nodes.append(step.node)
        codes.append(step.code)
      }
      starts.append(Int64(nodes.count))
    }
    self.starts = starts
    self.nodes = nodes
    self.codes = codes
  }
}
