import CKernels
import Testing

/// A strided copy: extents with strides of source and destination, in elements.
struct CopyCase: Sendable, CustomTestStringConvertible {
  let name: String
  let extents: [Int64]
  let dst: [Int64]
  let src: [Int64]
  /// Where element 0 of the source is.
  var origin = 0

  var testDescription: String { name }

  static let all: [CopyCase] = [
    .init(name: "scalar", extents: [], dst: [], src: []),
    .init(name: "run", extents: [1000], dst: [1], src: [1]),
    .init(name: "joined", extents: [7, 11, 13], dst: [143, 13, 1], src: [143, 13, 1]),
    .init(name: "transposed", extents: [37, 53], dst: [1, 37], src: [53, 1]),
    .init(
      name: "NHWC to NCHW", extents: [2, 5, 6, 19], dst: [570, 6, 1, 30], src: [570, 114, 19, 1]),
    .init(name: "broadcast rows", extents: [9, 17], dst: [17, 1], src: [0, 1]),
    .init(name: "broadcast columns", extents: [9, 17], dst: [17, 1], src: [1, 0]),
    .init(name: "slice with steps", extents: [5, 8], dst: [8, 1], src: [60, 2], origin: 3),
    .init(name: "into a frame", extents: [6, 7], dst: [20, 1], src: [7, 1]),
    .init(name: "reversed", extents: [4, 9], dst: [9, 1], src: [9, -1], origin: 8),
    .init(name: "nothing", extents: [4, 0], dst: [1, 1], src: [1, 1]),
  ]

  func places(_ strides: [Int64]) -> [Int] {
    extents.indices.reduce([0]) { places, axis in
      places.flatMap { place in (0..<Int(extents[axis])).map { place + $0 * Int(strides[axis]) } }
    }
  }
}

@Suite struct CopyTests {
  @Test(arguments: InstructionSet.all, CopyCase.all)
  func matchesLoops(_ set: InstructionSet, _ example: CopyCase) {
    check(set, example, UInt8.self)
    check(set, example, UInt16.self)
    check(set, example, UInt32.self)
    check(set, example, UInt64.self)
  }

  private func check<Element: FixedWidthInteger & BitwiseCopyable>(
    _ set: InstructionSet, _ example: CopyCase, _: Element.Type
  ) {
    let source = (0..<2000).map { Element(truncatingIfNeeded: $0 &* 2_654_435_761) }
    var expected = [Element](repeating: 1, count: 2000)
    for (to, from) in zip(example.places(example.dst), example.places(example.src)) {
      expected[to] = source[example.origin + from]
    }
    for threads in 1...3 as ClosedRange<Int32> {
      var result = [Element](repeating: 1, count: 2000)
      set.run {
        source.withUnsafeBufferPointer { source in
          guard let base = source.baseAddress else { return }
          apus_strided_copy(
            &result, example.dst, base + example.origin, example.src, example.extents,
            Int32(example.extents.count), Int32(MemoryLayout<Element>.size), threads)
        }
      }
      #expect(result == expected)
    }
  }

  @Test func largeCopiesAndFillsAreShared() {
    let count = 300_001
    var filled = [Float](repeating: 0, count: count), copied = filled
    apus_fill(&filled, [2.5 as Float], 4, Int64(count), 3)
    #expect(filled.allSatisfy { $0 == 2.5 })
    let source = numbers(count)
    apus_copy(&copied, source, count * 4, 3)
    #expect(copied == source)
  }
}
