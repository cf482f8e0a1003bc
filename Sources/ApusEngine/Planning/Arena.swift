import Glibc

/// A stretch of the arena and the steps during which it is in use.
package struct ArenaBuffer {
  package let byteCount: Int
  package let firstStep: Int
  package var lastStep: Int

  package init(byteCount: Int, firstStep: Int, lastStep: Int) {
    self.byteCount = byteCount
    self.firstStep = firstStep
    self.lastStep = lastStep
  }
}

/// Offsets for buffers such that those in use at the same time do not overlap.
///
/// First-fit by size: the largest buffer first, each at the lowest offset that is free while it
/// lives.
package struct ArenaLayout {
  package let offsets: [Int]
  package let byteCount: Int

  /// Every offset is a multiple of this, so that kernels may load whole vectors and pages start
  /// alike.
  package static let alignment = 64

  package init(_ buffers: [ArenaBuffer]) {
    var offsets = [Int](repeating: 0, count: buffers.count)
    var placed: [Int] = []
    var end = 0
    let order = buffers.indices.sorted {
      (buffers[$0].byteCount, $1) > (buffers[$1].byteCount, $0)
    }
    for index in order where buffers[index].byteCount > 0 {
      let neighbours = placed.filter { buffers[$0].isAlive(with: buffers[index]) }
      let taken = neighbours.map { offsets[$0]..<(offsets[$0] + buffers[$0].byteCount) }
      offsets[index] = ArenaLayout.firstGap(of: buffers[index].byteCount, between: taken)
      end = max(end, offsets[index] + buffers[index].byteCount)
      placed.append(index)
    }
    self.offsets = offsets
    byteCount = end
  }

  private static func firstGap(of byteCount: Int, between taken: [Range<Int>]) -> Int {
    var offset = 0
    for range in taken.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if offset + byteCount <= range.lowerBound { break }
      offset = max(offset, (range.upperBound + alignment - 1) / alignment * alignment)
    }
    return offset
  }
}

extension ArenaBuffer {
  fileprivate func isAlive(with other: ArenaBuffer) -> Bool {
    firstStep <= other.lastStep && other.firstStep <= lastStep
  }
}

/// One block of memory for all intermediate values of a program, in huge pages where the system has
/// them.
final class Arena {
  let memory: UnsafeMutableRawPointer
  let byteCount: Int

  private static let hugePage = 2 << 20

  init(byteCount: Int) {
    self.byteCount = byteCount
    let rounded = (max(byteCount, 64) + Arena.hugePage - 1) / Arena.hugePage * Arena.hugePage
    memory = .allocate(byteCount: rounded, alignment: Arena.hugePage)
    madvise(memory, rounded, MADV_HUGEPAGE)
  }

  deinit { memory.deallocate() }
}
