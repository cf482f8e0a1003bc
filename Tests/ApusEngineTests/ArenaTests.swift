import ApusEngine
import ApusNumerics
import Testing

struct ArenaTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func livingBuffersDoNotOverlap(seed: UInt64) {
    var generator = PhiloxStream(seed: seed, purpose: 0, epoch: 0, index: 0)
    let buffers = (0..<60).map { _ in
      let first = Int.random(in: 0..<30, using: &generator)
      return ArenaBuffer(
        byteCount: Int.random(in: 0..<5000, using: &generator), firstStep: first,
        lastStep: first + Int.random(in: 0..<10, using: &generator))
    }
    let layout = ArenaLayout(buffers)
    for (first, one) in buffers.enumerated() where one.byteCount > 0 {
      #expect(layout.offsets[first] % ArenaLayout.alignment == 0)
      #expect(layout.offsets[first] + one.byteCount <= layout.byteCount)
      for (second, other) in buffers.enumerated().dropFirst(first + 1) where other.byteCount > 0 {
        let together = one.firstStep <= other.lastStep && other.firstStep <= one.lastStep
        let apart =
          layout.offsets[first] + one.byteCount <= layout.offsets[second]
          || layout.offsets[second] + other.byteCount <= layout.offsets[first]
        #expect(!together || apart, "buffers \(first) and \(second) overlap")
      }
    }
  }

  @Test func deadMemoryIsUsedAgain() {
    let chain = (0..<50).map { ArenaBuffer(byteCount: 4096, firstStep: $0, lastStep: $0 + 1) }
    #expect(ArenaLayout(chain).byteCount == 2 * 4096)
  }
}
