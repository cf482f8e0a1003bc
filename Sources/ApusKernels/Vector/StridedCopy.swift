import ApusTensors
import CKernels

/// A copy of a box of elements from places of some strides to places of others.
final class StridedCopy {
  private let rank: Int32
  private let elementSize: Int32
  /// Extents, then the target's strides, then the source's, in elements.
  private let numbers: OwnedArray<Int64>
  private let targetOffset: Int
  private let sourceOffset: Int

  /// A copy of `extents` elements; nil where there are more axes than the C kernel takes.
  ///
  /// - Parameters:
  ///   - target: strides and first place of what is written, in elements.
  ///   - source: strides and first place of what is read; a stride of 0 repeats.
  init?(
    of extents: [Int], to target: (strides: [Int], start: Int),
    from source: (strides: [Int], start: Int), elementSize: Int
  ) {
    guard extents.count <= Int(APUS_MAXIMUM_RANK) else { return nil }
    rank = Int32(extents.count)
    self.elementSize = Int32(elementSize)
    numbers = OwnedArray((extents + target.strides + source.strides).map { Int64($0) })
    targetOffset = target.start * elementSize
    sourceOffset = source.start * elementSize
  }

  /// A copy in which axis `a` of the target is axis `order[a]` of the source.
  convenience init?(transposing shape: Shape, to order: [Int], elementSize: Int) {
    let (extents, strides) = (order.map { shape[$0] }, shape.strides)
    self.init(
      of: extents, to: (Shape(extents).strides, 0), from: (order.map { strides[$0] }, 0),
      elementSize: elementSize)
  }

  func run(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ threads: Int32
  ) {
    let extents = numbers.pointer
    apus_strided_copy(
      target + targetOffset, extents.map { $0 + Int(rank) }, source + sourceOffset,
      extents.map { $0 + 2 * Int(rank) }, extents, rank, elementSize, threads)
  }
}
