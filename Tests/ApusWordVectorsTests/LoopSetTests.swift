import ApusTestSupport
import ApusWordVectors
import CKernels
import Testing

/// All loops of training on each instruction set beside the portable ones.
///
/// Windows are drawn, words come again within them, and negatives are the centre itself at times.
@Suite struct LoopSetTests {
  private static let (words, width) = (40, 48)
  private static let sampler = AliasTable(weights: (0..<words).map { 60 - Double($0) })
  private static let tree = HuffmanTree(counts: (0..<words).map { 60 - $0 })

  private static let text: [Int32] = {
    var text: [Int32] = []
    for line in 0..<12 {
      for place in 0..<3 + line % 6 { text.append(Int32((line * 11 + place * place * 7) % words)) }
      text.append(-1)
    }
    return text
  }()

  /// Rows as the loops have them, `[words][2][width]`.
  private static let start: [Float] = (0..<words * 2 * width).map { place -> Float in
    let number: Int = (place * 7919 + place / 64) % 101 - 50
    return Float(number) / 100
  }

  /// What a pass over the text leaves.
  private struct Outcome {
    let rows: [Float]
    let biases: [Float]
    /// The mean of the pairs that were measured.
    let loss: Double
  }

  private func copied<Element: BitwiseCopyable>(
    _ values: [Element]
  ) -> UnsafeMutablePointer<Element> {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: values.count)
    memory.initialize(from: values, count: values.count)
    return memory
  }

  private func objective(_ loss: WordTrainingSettings.Loss) -> apus_word_objective {
    switch loss {
    case .negativeSampling: .APUS_NEGATIVE_SAMPLING
    case .hierarchicalSoftmax: .APUS_HIERARCHICAL_SOFTMAX
    case .sampledSoftmax: .APUS_SAMPLED_SOFTMAX
    }
  }

  private func trained(
    _ loss: WordTrainingSettings.Loss, _ kind: WordTrainingSettings.Model
  ) -> Outcome {
    let (words, width) = (Self.words, Self.width)
    let rows = copied(Self.start)
    let biases = copied([Float](repeating: 0, count: 3 * words))
    let moments = copied([Float](repeating: 0, count: 4 * words * width))
    let (keep, entries) = (
      copied([UInt32](repeating: .max, count: words)), copied(Self.sampler.entries)
    )
    let (starts, nodes) = (copied(Self.tree.starts), copied(Self.tree.nodes))
    let (codes, ids) = (copied(Self.tree.codes), copied(Self.text))
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: apus_train_words_scratch_bytes(Int64(Self.text.count), Int64(width)),
      alignment: 64)
    defer {
      for memory in [rows, biases, moments] { memory.deallocate() }
      keep.deallocate()
      entries.deallocate()
      starts.deallocate()
      nodes.deallocate()
      codes.deallocate()
      ids.deallocate()
      scratch.deallocate()
    }
    let isSoftmax = loss == .sampledSoftmax
    var model = apus_word_model(
      rows: rows, words: Int64(words), width: Int64(width), objective: objective(loss),
      is_cbow: kind == .cbow, keep: keep, sampler: entries, path_starts: starts,
      path_nodes: nodes, path_codes: codes, window: 3, shrinks: true,
      negatives: isSoftmax ? 20 : 9, sharing: 2, moments: moments, biases: biases,
      shares_rows: false)
    var segment = apus_word_segment(
      ids: ids, count: Int64(Self.text.count), learning_rate: isSoftmax ? 0.001 : 0.05, seed: 3,
      steps: 0)
    let measured = apus_train_words(&model, &segment, scratch)
    return Outcome(
      rows: Array(UnsafeBufferPointer(start: rows, count: Self.start.count)),
      biases: Array(UnsafeBufferPointer(start: biases, count: 3 * words)),
      loss: measured.sum / Double(measured.pairs))
  }

  @Test(arguments: WordTrainingSettings.Loss.allCases, WordTrainingSettings.Model.allCases)
  func instructionSetsAgree(
    loss: WordTrainingSettings.Loss, model: WordTrainingSettings.Model
  ) throws {
    let outcomes = (0..<apus_isa_count()).map { set in
      apus_isa_select(set)
      defer { apus_isa_select(-1) }
      return trained(loss, model)
    }
    let portable = try #require(outcomes.first)
    let changed = Self.start.indices.filter { portable.rows[$0] != Self.start[$0] }
    #expect(Set(changed.map { $0 / Self.width % 2 }) == [0, 1])  // inputs and outputs
    #expect(portable.biases.contains { $0 != 0 } == (loss == .sampledSoftmax))
    #expect(portable.loss > 0)
    // Adam divides a gradient by its own size, so that roundings of a very small one count.
    let tolerance = loss == .sampledSoftmax ? 1e-5 : 3e-6
    for (set, outcome) in outcomes.enumerated() {
      let name = String(cString: apus_isa_name_at(Int32(set)))
      #expect(largestDifference(outcome.rows, portable.rows) < tolerance, "\(name)")
      #expect(largestDifference(outcome.biases, portable.biases) < tolerance, "\(name)")
      #expect(abs(outcome.loss - portable.loss) < 1e-5, "\(name)")
    }
  }
}
