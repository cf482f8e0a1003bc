import ApusDatasets
import ApusTensors
import Synchronization
import Testing

/// Batches that hold their epoch and index, and count how they were made.
private final class CountingSource: BatchSource {
  struct Fault: Error, Equatable {}
  let batchCount: Int
  let failsAt: Int?
  let made = Mutex(0)
  let filled = Mutex(0)
  /// The addresses that batches were written to.
  let places = Mutex(Set<Int>())

  init(_ batchCount: Int, failsAt: Int? = nil) {
    self.batchCount = batchCount
    self.failsAt = failsAt
  }

  func makeBatch() -> Batch {
    made.withLock { $0 += 1 }
    return Batch([Tensor(zeros: TensorType([2], .int32))], count: 2)
  }

  func fill(_ batch: inout Batch, epoch: Int, index: Int) throws {
    if index == failsAt { throw Fault() }
    (batch.epoch, batch.index) = (epoch, index)
    batch.tensors[0].withMutableElements(as: Int32.self) { numbers in
      numbers[0] = Int32(epoch)
      numbers[1] = Int32(index)
      if let address = numbers.baseAddress {
        _ = places.withLock { $0.insert(Int(bitPattern: address)) }
      }
    }
    filled.withLock { $0 += 1 }
  }
}

@Suite struct PrefetcherTests {
  /// Everything a prefetcher gives, as pairs of epoch and index.
  private func drain(_ prefetcher: Prefetcher) throws -> [[Int32]] {
    var seen: [[Int32]] = []
    while let batch = try prefetcher.next() {
      #expect([batch.epoch, batch.index] == batch.tensors[0].doubles.map { Int($0) })
      seen.append(batch.tensors[0].scalars())
    }
    return seen
  }

  @Test(arguments: [1, 2, 4])
  func batchesComeInOrder(lookAhead: Int) throws {
    let source = CountingSource(5)
    let seen = try drain(Prefetcher(source, epochs: 0..<3, lookAhead: lookAhead))
    #expect(seen == (0..<3).flatMap { epoch in (0..<5).map { [epoch, $0] } })
    #expect(source.made.withLock { $0 } == lookAhead + 1)
  }

  @Test func startsInTheMiddle() throws {
    let seen = try drain(Prefetcher(CountingSource(4), epochs: 7..<9, startingAt: 3))
    #expect(seen == [[7, 3], [8, 0], [8, 1], [8, 2], [8, 3]])
    #expect(try drain(Prefetcher(CountingSource(4), epochs: 7..<8, startingAt: 4)).isEmpty)
    #expect(try drain(Prefetcher(CountingSource(4), epochs: 7..<7)).isEmpty)
  }

  @Test func memoryIsUsedAgain() throws {
    let source = CountingSource(50)
    _ = try drain(Prefetcher(source, epochs: 0..<4, lookAhead: 2))
    // Three batches were made; one more address may appear where the reader let go late.
    #expect(source.places.withLock { $0.count } <= 6)
  }

  @Test func nothingRunsFurtherAheadThanAsked() throws {
    let source = CountingSource(100)
    let prefetcher = try Prefetcher(source, epochs: 0..<1, lookAhead: 3)
    for taken in 1...10 {
      _ = try prefetcher.next()
      #expect(source.filled.withLock { $0 } <= taken + 3)
    }
  }

  @Test func keptBatchesKeepTheirNumbers() throws {
    let prefetcher = try Prefetcher(CountingSource(30), epochs: 0..<1, lookAhead: 1)
    var kept: [Batch] = []
    while let batch = try prefetcher.next() { kept.append(batch) }
    #expect(kept.map { $0.tensors[0].scalars(as: Int32.self)[1] } == (0..<30).map { Int32($0) })
  }

  @Test func errorsComeInTheirPlace() throws {
    let prefetcher = try Prefetcher(CountingSource(5, failsAt: 2), epochs: 0..<1)
    #expect(try prefetcher.next()?.index == 0)
    #expect(try prefetcher.next()?.index == 1)
    #expect(throws: CountingSource.Fault.self) { try prefetcher.next() }
    #expect(throws: CountingSource.Fault.self) { try prefetcher.next() }
  }

  @Test func cancellingEndsTheThread() throws {
    let source = CountingSource(1_000_000)
    var prefetcher: Prefetcher? = try Prefetcher(source, epochs: 0..<1000)
    _ = try prefetcher?.next()
    prefetcher?.cancel()
    let next = try prefetcher?.next()
    #expect(next.map { _ in true } == nil)
    prefetcher = nil  // waits for the thread
    #expect(source.filled.withLock { $0 } <= 6)
    _ = try Prefetcher(source, epochs: 0..<1000)  // let go without a batch taken
  }

  @Test func settingsWithoutMeaningAreRefused() {
    #expect(
      sentence { try Prefetcher(CountingSource(3), epochs: 0..<1, startingAt: 4) }
        == "look-ahead: expected a first batch in 0...3, 1...64 batches ahead and epochs from 0, "
        + "got 4, 4 and 0..<1")
  }
}
