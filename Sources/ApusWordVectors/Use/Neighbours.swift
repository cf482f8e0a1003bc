import ApusTensors
import CKernels
import Glibc
import Synchronization

/// A word with its cosine similarity to a query.
public struct Neighbour: Sendable, Hashable {
  public let word: String
  public let similarity: Double

  public init(word: String, similarity: Double) {
    self.word = word
    self.similarity = similarity
  }
}

/// Finds the words with the most similar vectors, exactly: every word is compared.
///
/// Rows are scaled to length 1 once. Threads take blocks of rows; a block stays in the cache while all
/// queries meet it, eight at a time, and its products are looked through at once, so nothing of the size of
/// the vocabulary is kept for a query.
public final class NeighbourIndex: @unchecked Sendable {
  // Unchecked: the rows are set in the initializer and only read then.

  public let vectors: WordVectors
  private let width: Int
  private let rows: UnsafeMutablePointer<Float>
  private let threads: Int
  private static let block = 256

  /// An index over all words of `vectors`.
  public init(_ vectors: WordVectors, threads: Int) throws(WordVectorError) {
    self.vectors = vectors
    self.threads = max(1, threads)
    width = (vectors.size + 15) / 16 * 16
    let count = max(1, vectors.words.count * width)
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 2 << 20, count * 4) == 0, let memory else {
      throw WordVectorError(.system, "an index needs \(count * 4 >> 20) MiB of memory")
    }
    madvise(memory, count * 4, MADV_HUGEPAGE)
    rows = memory.bindMemory(to: Float.self, capacity: count)
    for place in vectors.words.indices {
      write(vectors.vector(at: place), to: rows + place * width)
    }
  }

  deinit { free(rows) }

  /// Writes a vector scaled to length 1; one of zeros stays so.
  private func write(_ vector: [Float], to row: UnsafeMutablePointer<Float>) {
    let exact = vector.map(\.widened)
    let length = exact.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let scale = length > 0 ? 1 / length : 0
    for (place, number) in exact.enumerated() { row[place] = Float(number * scale) }
    for place in vector.count..<max(width, vector.count) { row[place] = 0 }
  }

  /// A word's vector scaled to length 1.
  func unitVector(at place: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: rows + place * width, count: vectors.size))
  }

  /// The cosine similarity of two words.
  public func similarity(_ first: Int, _ second: Int) -> Double {
    zip(unitVector(at: first), unitVector(at: second)).reduce(0) {
      $0 + Double($1.0) * Double($1.1)
    }
  }

  /// What is looked for.
  public struct Query: Sendable {
    /// A vector of any length but 0.
    public var vector: [Float]
    /// Places of words that do not count.
    public var excluded: [Int]

    public init(_ vector: [Float], excluding excluded: [Int] = []) {
      self.vector = vector
      self.excluded = excluded
    }
  }

  /// For each query the `count` most similar words, most similar first, equal ones in the order of places.
  ///
  /// - Parameter first: only so many words, the first, count; nil for all.
  /// - Throws: ``WordVectorError`` where a query has another size than the words, or `count` is below 1.
  public func nearest(
    to queries: [Query], count: Int, among first: Int? = nil
  ) throws(WordVectorError) -> [[(place: Int, similarity: Float)]] {
    if let other = queries.first(where: { $0.vector.count != vectors.size }) {
      throw WordVectorError(
        .setting, "expected a query of \(vectors.size) numbers, got \(other.vector.count)")
    }
    guard count >= 1 else {
      throw WordVectorError(.setting, "expected at least 1 neighbour, got \(count)")
    }
    let words = min(first ?? .max, vectors.words.count)
    let packed = packed(queries)
    let excluded = queries.map { Set($0.excluded) }
    let found = Mutex([TopList](repeating: TopList(count), count: queries.count))
    let next = Atomic(0)
    try ThreadTeam.run(threads) { _ in
      var lists = [TopList](repeating: TopList(count), count: queries.count)
      let products = UnsafeMutablePointer<Float>.allocate(capacity: Self.block * 8 + 16)
      defer { products.deallocate() }
      while true {
        let start = next.wrappingAdd(Self.block, ordering: .relaxed).oldValue
        guard start < words else { break }
        let rows = start..<min(words, start + Self.block)
        self.search(packed, excluded, rows, &lists, products)
      }
      found.withLock { found in
        for (place, list) in lists.enumerated() { found[place].add(list) }
      }
    }
    return found.withLock { $0.map(\.sorted) }
  }

  /// The queries' vectors scaled to length 1, `[queries][width]`.
  private func packed(_ queries: [Query]) -> [Float] {
    [Float](unsafeUninitializedCapacity: queries.count * width) { buffer, count in
      for (place, query) in queries.enumerated() {
        if let start = buffer.baseAddress { write(query.vector, to: start + place * width) }
      }
      count = queries.count * width
    }
  }

  /// Adds the best words of a block of rows to the list of each query.
  private func search(
    _ packed: [Float], _ excluded: [Set<Int>], _ range: Range<Int>, _ lists: inout [TopList],
    _ products: UnsafeMutablePointer<Float>
  ) {
    for first in stride(from: 0, to: excluded.count, by: 8) {
      let group = min(8, excluded.count - first)
      packed.withUnsafeBufferPointer { packed in
        guard let start = packed.baseAddress else { return }
        apus_word_products(
          rows + range.lowerBound * width, Int64(range.count), Int64(width),
          start + first * width, Int32(group), products)
      }
      for query in 0..<group {
        var least = lists[first + query].least
        var product = query
        for place in range {
          let similarity = products[product]
          product += group
          guard similarity > least, !excluded[first + query].contains(place) else { continue }
          lists[first + query].add(place, similarity)
          least = lists[first + query].least
        }
      }
    }
  }
}

/// The best few of many.
private struct TopList {
  private let limit: Int
  /// The best and, until they are dropped, some that are not.
  private var items: [(place: Int, similarity: Float)] = []
  /// Only what is more similar can still enter.
  private(set) var least = -Float.infinity

  init(_ limit: Int) { self.limit = limit }

  /// The best, most similar first, equal ones in the order of places.
  var sorted: [(place: Int, similarity: Float)] {
    var list = self
    list.dropRest()
    return list.items
  }

  mutating func add(_ place: Int, _ similarity: Float) {
    items.append((place, similarity))
    if items.count >= 2 * limit + 16 { dropRest() }
  }

  mutating func add(_ other: TopList) {
    for item in other.items { add(item.place, item.similarity) }
  }

  private mutating func dropRest() {
    items.sort {
      $0.similarity != $1.similarity ? $0.similarity > $1.similarity : $0.place < $1.place
    }
    guard items.count >= limit else { return }
    items.removeSubrange(limit...)
    least = items.last?.similarity ?? .infinity
  }
}

extension Float {
  /// The same number, also on threads that take subnormal floats for zero.
  fileprivate var widened: Double {
    guard exponentBitPattern == 0 else { return Double(self) }
    let magnitude = Double(significandBitPattern) * 0x1p-149
    return sign == .minus ? -magnitude : magnitude
  }
}
