import Glibc

/// Words with how often each came, numbered in the order of their first sight.
///
/// An open-addressing hash table over one block of bytes; no word is an object of its own, so a
/// million words take about 40 MB.
struct WordTable: ~Copyable {
  /// A word's hash in the upper half and its number plus one in the lower; 0 is free.
  private var slots: UnsafeMutablePointer<UInt64>
  private var slotMask: Int
  private var bytes: UnsafeMutablePointer<UInt8>
  private var byteCapacity: Int
  /// Where each word begins in `bytes`; one more for the end of the last.
  private var starts: UnsafeMutablePointer<Int>
  private var counts: UnsafeMutablePointer<Int>
  private var capacity: Int
  private(set) var count = 0

  init() {
    slotMask = (1 << 16) - 1
    slots = .allocate(capacity: slotMask + 1)
    slots.initialize(repeating: 0, count: slotMask + 1)
    byteCapacity = 1 << 18
    bytes = .allocate(capacity: byteCapacity)
    capacity = 1 << 15
    starts = .allocate(capacity: capacity + 1)
    counts = .allocate(capacity: capacity)
    starts[0] = 0
  }

  deinit {
    slots.deallocate()
    bytes.deallocate()
    starts.deallocate()
    counts.deallocate()
  }

  /// How often word `number` came.
  func occurrences(of number: Int) -> Int { counts[number] }

  /// Word `number` came less often than was counted.
  mutating func removeOccurrence(of number: Int) { counts[number] -= 1 }

  /// Word `number` came once more.
  mutating func addOccurrence(of number: Int) { counts[number] += 1 }

  /// The text of word `number`.
  func text(of number: Int) -> String {
    String(decoding: utf8(of: number), as: UTF8.self)
  }

  func utf8(of number: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(
      start: bytes + starts[number], count: starts[number + 1] - starts[number])
  }

  /// Counts a word and gives its number.
  mutating func add(_ word: UnsafePointer<UInt8>, _ length: Int, times: Int = 1) -> Int {
    let hash = Self.hash(word, length)
    var slot = Int(truncatingIfNeeded: hash) & slotMask
    while slots[slot] != 0 {
      let entry = slots[slot]
      if UInt32(truncatingIfNeeded: entry >> 32) == UInt32(truncatingIfNeeded: hash >> 32) {
        let number = Int(UInt32(truncatingIfNeeded: entry)) - 1
        let start = starts[number]
        if starts[number + 1] - start == length, memcmp(bytes + start, word, length) == 0 {
          counts[number] += times
          return number
        }
      }
      slot = (slot + 1) & slotMask
    }
    return insert(word, length, times, hash, at: slot)
  }

  private mutating func insert(
    _ word: UnsafePointer<UInt8>, _ length: Int, _ times: Int, _ hash: UInt64, at slot: Int
  ) -> Int {
    let number = count
    makeRoom(for: length)
    memcpy(bytes + starts[number], word, length)
    starts[number + 1] = starts[number] + length
    counts[number] = times
    count += 1
    slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(number + 1)
    if count * 2 > slotMask { growSlots() }
    return number
  }

  private mutating func makeRoom(for length: Int) {
    if count == capacity {
      starts = Self.grown(starts, from: capacity + 1, to: 2 * capacity + 1)
      counts = Self.grown(counts, from: capacity, to: 2 * capacity)
      capacity *= 2
    }
    let needed = starts[count] + length
    guard needed > byteCapacity else { return }
    let larger = max(2 * byteCapacity, needed)
    bytes = Self.grown(bytes, from: byteCapacity, to: larger)
    byteCapacity = larger
  }

  private static func grown<Element: BitwiseCopyable>(
    _ memory: UnsafeMutablePointer<Element>, from old: Int, to new: Int
  ) -> UnsafeMutablePointer<Element> {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: new)
    larger.update(from: memory, count: old)
    memory.deallocate()
    return larger
  }

  private mutating func growSlots() {
    slots.deallocate()
    slotMask = 2 * (slotMask + 1) - 1
    slots = .allocate(capacity: slotMask + 1)
    slots.initialize(repeating: 0, count: slotMask + 1)
    for number in 0..<count {
      let hash = Self.hash(bytes + starts[number], starts[number + 1] - starts[number])
      var slot = Int(truncatingIfNeeded: hash) & slotMask
      while slots[slot] != 0 { slot = (slot + 1) & slotMask }
      slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(number + 1)
    }
  }

  /// FNV-1a (Fowler, Noll, Vo), its bits mixed once more: the table uses both halves.
  @inline(__always)
  private static func hash(_ word: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for place in 0..<length { hash = (hash ^ UInt64(word[place])) &* 0x100_0000_01B3 }
    hash ^= hash >> 32
    hash = hash &* 0x9E37_79B9_7F4A_7C15
    return hash ^ hash >> 29
  }
}
