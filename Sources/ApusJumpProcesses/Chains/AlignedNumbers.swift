/// Numbers that begin at a cache line, where vectors of eight are loaded in one go.
///
/// Arrays that loops walk together begin at different places of a page: a load seems to wait for a
/// store to the same place of another page.
final class AlignedNumbers {
  let pointer: UnsafeMutablePointer<Double>
  let count: Int
  private let memory: UnsafeMutableRawPointer

  /// - Parameter quarter: of a page, where the numbers begin.
  init(_ numbers: [Double], quarter: Int) {
    count = numbers.count
    let offset = 1024 * quarter
    memory = .allocate(byteCount: offset + max(1, 8 * count), alignment: 4096)
    pointer = (memory + offset).bindMemory(to: Double.self, capacity: count)
    numbers.withUnsafeBufferPointer { numbers in
      guard let first = numbers.baseAddress else { return }
      pointer.initialize(from: first, count: count)
    }
  }

  deinit { memory.deallocate() }

  var array: [Double] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
