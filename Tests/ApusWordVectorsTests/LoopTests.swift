import ApusTestSupport
import CKernels
import Foundation
import Testing

/// The loops beside plain ones in `Double`, on each instruction set.
///
/// Nothing is random in them: no word is dropped, windows have one width, every negative is word 0.
@Suite struct LoopTests {
  private static let words = 7
  private static let width = 32
  private static let rate = 0.05
  private static let text: [Int32] = [1, 2, 3, 4, -1, 5, 6, 1, 3]

  private static let start: [Float] = (0..<words * 2 * width).map {
    Float(($0 * 7919) % 101 - 50) / 100
  }

  /// What `apus_train_words` makes of the rows.
  private func trained(isCBOW: Bool, negatives: Int32) -> [Float] {
    var rows = Self.start
    let keep = [UInt32](repeating: .max, count: Self.words)
    // The share of each slot that is itself is 0, the other word is 0.
    let sampler = [UInt64](repeating: 0, count: Self.words)
    let width = Int64(Self.width)
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: apus_train_words_scratch_bytes(Int64(Self.text.count), width), alignment: 64)
    defer { scratch.deallocate() }
    rows.withUnsafeMutableBufferPointer { rows in
      keep.withUnsafeBufferPointer { keep in
        sampler.withUnsafeBufferPointer { sampler in
          Self.text.withUnsafeBufferPointer { text in
            guard let rows = rows.baseAddress, let keep = keep.baseAddress,
              let text = text.baseAddress
            else { return }
            var model = apus_word_model(
              rows: rows, words: Int64(Self.words), width: width,
              objective: .APUS_NEGATIVE_SAMPLING, is_cbow: isCBOW, keep: keep,
              sampler: sampler.baseAddress, path_starts: nil, path_nodes: nil, path_codes: nil,
              window: 2, shrinks: false, negatives: negatives, sharing: 2, moments: nil,
              biases: nil, shares_rows: false)
            var segment = apus_word_segment(
              ids: text, count: Int64(Self.text.count), learning_rate: Float(Self.rate), seed: 3,
              steps: 0)
            _ = apus_train_words(&model, &segment, scratch)
          }
        }
      }
    }
    return rows
  }

  /// Skip-gram, a centre at a time: all errors at the values before, then both updates.
  private func expected(negatives: Int) -> [Double] {
    var rows = Self.start.map(Double.init)
    func row(_ word: Int32, _ isOutput: Bool) -> Int {
      (2 * Int(word) + (isOutput ? 1 : 0)) * Self.width
    }
    for sentence in Self.text.split(separator: -1).map(Array.init) {
      for (place, centre) in sentence.enumerated() {
        let around = sentence.indices.filter { $0 != place && abs($0 - place) <= 2 }
        let inputs = around.map { row(sentence[$0], false) }
        let targets =
          [row(centre, true)] + [Int](repeating: row(0, true), count: negatives)
        let before = rows
        for (number, target) in targets.enumerated() {
          for input in inputs {
            let product = (0..<Self.width).reduce(0.0) {
              $0 + before[input + $1] * before[target + $1]
            }
            let slope = Self.rate * ((number == 0 ? 1 : 0) - 1 / (1 + exp(-product)))
            for k in 0..<Self.width {
              rows[input + k] += slope * before[target + k]
              rows[target + k] += slope * before[input + k]
            }
          }
        }
      }
    }
    return rows
  }

  @Test func skipGramMatchesPlainLoops() {
    let wanted = expected(negatives: 5)
    for set in 0..<apus_isa_count() {
      apus_isa_select(set)
      let got = trained(isCBOW: false, negatives: 5)
      apus_isa_select(-1)
      #expect(
        largestDifference(got, wanted) < 2e-6, "\(String(cString: apus_isa_name_at(set)))")
    }
  }

  @Test func instructionSetsAgree() {
    for (isCBOW, negatives) in [(true, 5), (true, 9), (false, 1), (false, 12)] {
      let results = (0..<apus_isa_count()).map { set in
        apus_isa_select(set)
        defer { apus_isa_select(-1) }
        return trained(isCBOW: isCBOW, negatives: Int32(negatives))
      }
      #expect(results[0] != Self.start)
      for result in results {
        #expect(largestDifference(result, results[0]) < 2e-6)
      }
    }
  }

  @Test(arguments: [1, 3, 8]) func productsMatchPlainLoops(queryCount: Int) {
    let (count, width) = (37, 48)
    let rows = (0..<count * width).map { Float(($0 * 7919) % 101 - 50) / 100 }
    let queries = (0..<queryCount * width).map { Float(($0 * 104_729) % 97 - 48) / 50 }
    let expected = (0..<count * queryCount).map { place -> Double in
      let (row, query) = (place / queryCount, place % queryCount)
      return (0..<width).reduce(0) {
        $0 + Double(rows[row * width + $1]) * Double(queries[query * width + $1])
      }
    }
    for set in 0..<apus_isa_count() {
      apus_isa_select(set)
      var products = [Float](repeating: .nan, count: expected.count + 16)
      apus_word_products(
        rows, Int64(count), Int64(width), queries, Int32(queryCount), &products)
      apus_isa_select(-1)
      let worst = zip(expected, products).map { abs($0 - Double($1)) }.max() ?? .infinity
      #expect(worst < 1e-5, "\(String(cString: apus_isa_name_at(set)))")
    }
  }
}
