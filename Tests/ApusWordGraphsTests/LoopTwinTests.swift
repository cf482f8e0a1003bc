import ApusEngine
import ApusTensors
import ApusTestSupport
import ApusWordGraphs
import ApusWordVectors
import CKernels
import Testing

/// The loops of `apus train words` beside the same model in the graph engine.
///
/// Sentences have no word twice and negatives are words that no sentence has, so that all changes of a
/// block are made of the values before it; nothing is dropped and windows have one width.
@Suite struct LoopTwinTests {
  /// A model with rows as the loops have them, `[words][2][width]`.
  private struct Loops {
    static let width = 32
    let words: Int
    let objective: apus_word_objective
    let isCBOW: Bool
    let text: [Int32]
    var negatives = 5
    var window = 2
    var tree: HuffmanTree?
    let start: [Float]

    init(
      words: Int, _ objective: apus_word_objective, isCBOW: Bool, _ text: [Int32]
    ) {
      self.words = words
      self.objective = objective
      self.isCBOW = isCBOW
      self.text = text
      start = (0..<words * 2 * Self.width).map { place -> Float in
        let number: Int = (place * 7919 + place / 64) % 101 - 50
        return Float(number) / 100
      }
    }

    /// The input rows (0) or the output rows (1) of `rows`.
    static func half(_ rows: [Float], _ half: Int) -> Tensor {
      let count = rows.count / (2 * width)
      let numbers: [Float] = (0..<count).flatMap { word -> ArraySlice<Float> in
        let first: Int = (2 * word + half) * width
        return rows[first..<first + width]
      }
      return Tensor(numbers, shape: [count, width])
    }

    /// A negative is one of the last ten words.
    private var sampler: [UInt64] { (0..<words).map { UInt64(words - 10 + $0 % 10) } }

    func trained(rate: Double, seed: UInt64) -> (rows: [Float], biases: [Float]) {
      var (rows, biases) = (start, [Float](repeating: 0, count: 3 * words))
      var moments = [Float](repeating: 0, count: 4 * words * Self.width)
      let keep = [UInt32](repeating: .max, count: words)
      let scratch = UnsafeMutableRawPointer.allocate(
        byteCount: apus_train_words_scratch_bytes(Int64(text.count), Int64(Self.width)),
        alignment: 64)
      defer { scratch.deallocate() }
      rows.withUnsafeMutableBufferPointer { rows in
        biases.withUnsafeMutableBufferPointer { biases in
          moments.withUnsafeMutableBufferPointer { moments in
            keep.withUnsafeBufferPointer { keep in
              sampler.withUnsafeBufferPointer { sampler in
                withTree { starts, nodes, codes in
                  text.withUnsafeBufferPointer { text in
                    guard let rows = rows.baseAddress, let keep = keep.baseAddress,
                      let text = text.baseAddress
                    else { return }
                    var model = apus_word_model(
                      rows: rows, words: Int64(words), width: Int64(Self.width),
                      objective: objective, is_cbow: isCBOW, keep: keep,
                      sampler: sampler.baseAddress, path_starts: starts, path_nodes: nodes,
                      path_codes: codes, window: Int32(window), shrinks: false,
                      negatives: Int32(negatives), sharing: 2, moments: moments.baseAddress,
                      biases: biases.baseAddress, shares_rows: false)
                    var segment = apus_word_segment(
                      ids: text, count: Int64(self.text.count), learning_rate: Float(rate),
                      seed: seed,
                      steps: 0)
                    _ = apus_train_words(&model, &segment, scratch)
                  }
                }
              }
            }
          }
        }
      }
      return (rows, (0..<words).map { biases[3 * $0] })
    }

    private func withTree(
      _ body: (UnsafePointer<Int64>?, UnsafePointer<Int32>?, UnsafePointer<UInt8>?) -> Void
    ) {
      guard let tree else { return body(nil, nil, nil) }
      tree.starts.withUnsafeBufferPointer { starts in
        tree.nodes.withUnsafeBufferPointer { nodes in
          tree.codes.withUnsafeBufferPointer { codes in
            body(starts.baseAddress, nodes.baseAddress, codes.baseAddress)
          }
        }
      }
    }

    /// Each centre with the words around it, in the order of the text.
    var centres: [(word: Int, around: [Int])] {
      text.split(separator: -1).map(Array.init).flatMap { sentence in
        sentence.indices.map { place in
          let around = sentence.indices.filter { $0 != place && abs($0 - place) <= window }
          return (Int(sentence[place]), around.map { Int(sentence[$0]) })
        }
      }
    }
  }

  /// The numbers that the loops draw, in their order.
  private struct Draws {
    private var state: UInt64

    init(seed: UInt64) {
      var seed = seed
      seed = (seed ^ (seed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      seed = (seed ^ (seed >> 27)) &* 0x94D0_49BB_1331_11EB
      seed ^= seed >> 31
      state = seed == 0 ? 1 : seed
    }

    mutating func bits() -> UInt32 {
      state ^= state >> 12
      state ^= state << 25
      state ^= state >> 27
      return UInt32(truncatingIfNeeded: (state &* 2_685_821_657_736_338_717) >> 32)
    }

    mutating func number(below bound: Int) -> Int {
      Int((UInt64(bits()) * UInt64(bound)) >> 32)
    }

    /// A word of the table that gives the last ten.
    mutating func negative(of words: Int) -> Int {
      let slot = number(below: words)
      _ = bits()
      return words - 10 + slot % 10
    }
  }

  /// Sentences of eight different words of the first thirty.
  private static let text: [Int32] = {
    var text: [Int32] = []
    for line in 0..<12 {
      for place in 0..<8 { text.append(Int32((line * 11 + place * 7) % 30)) }
      text.append(-1)
    }
    return text
  }()

  private func graph(_ loops: Loops, _ loss: WordTrainingSettings.Loss) -> WordGraph {
    let graph = WordGraph(
      tables: [("words", loops.words)], outputs: loops.words, size: Loops.width, loss: loss,
      options: EngineOptions(threads: 1))
    graph.store[graph.inputs[0]] = Loops.half(loops.start, 0)
    graph.store[graph.outputs] = Loops.half(loops.start, 1)
    return graph
  }

  private func expectSame(
    _ loops: Loops, rate: Double, seed: UInt64, _ graph: WordGraph, within tolerance: Double = 3e-6
  ) {
    let (rows, biases) = loops.trained(rate: rate, seed: seed)
    #expect(rows != loops.start)
    for (half, variable) in [(0, graph.inputs[0]), (1, graph.outputs)] {
      let wanted = Loops.half(rows, half)
      let error = largestDifference(graph.store[variable].doubles, wanted.doubles)
      #expect(error < tolerance, "\(variable.name)")
    }
    if let variable = graph.biases {
      let error = largestDifference(graph.store[variable].doubles, biases)
      #expect(error < tolerance, "biases")
    }
  }

  @Test func skipGramWithNegatives() throws {
    let loops = Loops(words: 40, .APUS_NEGATIVE_SAMPLING, isCBOW: false, Self.text)
    let graph = graph(loops, .negativeSampling)
    var draws = Draws(seed: 3)
    for word in Self.text where word >= 0 { _ = (word, draws.bits()) }
    func drawn() -> [Int] { (0..<5).map { _ in draws.negative(of: 40) } }
    var (words, next) = ([Int](), drawn())
    for (place, centre) in loops.centres.enumerated() {
      if place % 2 == 0 { (words, next) = (next, drawn()) }
      let targets =
        [WordBatch.Target(row: centre.word, label: 1)] + words.map { .init(row: $0, label: 0) }
      _ = try graph.step(
        WordBatch(centre.around.map { .init(rows: [[$0]], targets: targets) }), rate: 0.05)
    }
    expectSame(loops, rate: 0.05, seed: 3, graph)
  }

  @Test func cbowWithNegatives() throws {
    let loops = Loops(words: 40, .APUS_NEGATIVE_SAMPLING, isCBOW: true, Self.text)
    let graph = graph(loops, .negativeSampling)
    var draws = Draws(seed: 4)
    for word in Self.text where word >= 0 { _ = (word, draws.bits()) }
    func drawn() -> [Int] { (0..<8).map { _ in draws.negative(of: 40) } }
    var (words, next) = ([Int](), drawn())
    let centres = loops.centres
    for first in stride(from: 0, to: centres.count, by: 4) {
      (words, next) = (next, drawn())
      let items = centres[first..<first + 4].map { centre in
        WordBatch.Item(
          rows: [centre.around],
          targets: [.init(row: centre.word, label: 1)]
            + words.map { .init(row: $0, label: 0, weight: 5 / 8) })
      }
      _ = try graph.step(WordBatch(items), rate: 0.05)
    }
    expectSame(loops, rate: 0.05, seed: 4, graph)
  }

  @Test(arguments: [false, true])
  func hierarchicalSoftmax(isCBOW: Bool) throws {
    var loops = Loops(words: 40, .APUS_HIERARCHICAL_SOFTMAX, isCBOW: isCBOW, Self.text)
    let tree = HuffmanTree(counts: (0..<40).map { 60 - $0 })
    loops.tree = tree
    let graph = graph(loops, .hierarchicalSoftmax)
    for centre in loops.centres {
      let targets = (Int(tree.starts[centre.word])..<Int(tree.starts[centre.word + 1])).map {
        WordBatch.Target(row: Int(tree.nodes[$0]), label: tree.codes[$0] == 0 ? 1 : 0)
      }
      let contexts = isCBOW ? [centre.around] : centre.around.map { [$0] }
      let items = contexts.map { WordBatch.Item(rows: [$0], targets: targets) }
      _ = try graph.step(WordBatch(items), rate: 0.05)
    }
    expectSame(loops, rate: 0.05, seed: 5, graph)
  }

  /// Sentences of two words: of eight centres in a row no word is in two windows.
  @Test func sampledSoftmax() throws {
    let words = 4000
    var text: [Int32] = []
    for line in Int32(0)..<16 { text += [2 * line, 2 * line + 1, -1] }
    var loops = Loops(words: words, .APUS_SAMPLED_SOFTMAX, isCBOW: true, text)
    loops.negatives = 16
    let graph = graph(loops, .sampledSoftmax)
    var draws = Draws(seed: 6)
    for word in text where word >= 0 { _ = (word, draws.bits()) }
    func drawn() -> [Int] { (0..<16).map { _ in draws.number(below: words) } }
    var (used, next) = ([Int](), drawn())
    let centres = loops.centres
    // The loops take Adam's corrections of a segment's first step.
    let rate = 0.001 * (1 - 0.999).squareRoot() / (1 - 0.9)
    for first in stride(from: 0, to: centres.count, by: 8) {
      (used, next) = (next, drawn())
      let block = centres[first..<first + 8]
      // Each row has one step of Adam only where it comes once.
      try #require(Set(used + block.map(\.word)).count == 24)
      let items = block.map { centre in
        WordBatch.Item(
          rows: [centre.around],
          targets: [.init(row: centre.word, label: 1)] + used.map { .init(row: $0, label: 0) })
      }
      _ = try graph.step(WordBatch(items), rate: rate)
    }
    expectSame(loops, rate: 0.001, seed: 6, graph, within: 1e-5)
  }
}
