import ApusFormats
import Glibc

/// A text as numbers of words in a file, −1 after each sentence, so that memory does not grow with it.
///
/// Numbers are `int32` in the machine's order. The file is private to a run.
package final class EncodedCorpus: @unchecked Sendable {
  // Unchecked: after `finish` nothing changes, and `pread` may be called from any thread.

  package let path: String
  private let descriptor: Int32
  private var pending: [Int32] = []
  /// Numbers in the file and waiting, sentence ends included.
  package private(set) var count = 0
  /// Words among them; 0 in the file of a run that goes on.
  package private(set) var wordCount = 0

  static let sentenceEnd: Int32 = -1
  /// What ``renumber(_:)`` takes for words that are left out.
  static let dropped: Int32 = -2

  /// An empty file at `path`.
  package init(creating path: String) throws(FormatError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FormatError(path, cannot: "write", code: errno) }
    pending.reserveCapacity(1 << 16)
  }

  /// The file of a run that goes on.
  ///
  /// - Throws: `FormatError` where it is missing, does not have `count` numbers, or has another checksum.
  package init(opening path: String, count: Int, checksum: UInt32?) throws(FormatError) {
    self.path = path
    // Without waiting, for a pipe of that name may have no writer.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FormatError(path, cannot: "read", code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      Int(status.st_size) == count * 4
    else {
      throw FormatError(
        path, .wholeFile, expected: "\(count * 4) bytes", actual: "\(status.st_size)")
    }
    self.count = count
    guard let checksum else { return }
    let found = try self.checksum()
    guard found == checksum else {
      throw FormatError(
        path, .wholeFile, expected: "the text that training began with, of checksum \(checksum)",
        actual: "\(found)")
    }
  }

  deinit { close(descriptor) }

  /// Adds a word's number or ``sentenceEnd``; sentences without words are left out.
  func append(_ number: Int32) throws(FormatError) {
    if number == Self.sentenceEnd {
      guard lastAppended != Self.sentenceEnd else { return }
    } else {
      wordCount += 1
    }
    lastAppended = number
    pending.append(number)
    count += 1
    if pending.count == 1 << 16 { try flush() }
  }

  private var lastAppended = sentenceEnd

  /// Writes what is waiting.
  func flush() throws(FormatError) {
    let waiting = pending
    pending.removeAll(keepingCapacity: true)
    let result = waiting.withUnsafeBytes { bytes in
      Result { () throws(FormatError) in
        try write(bytes, at: (count - waiting.count) * 4)
      }
    }
    try result.get()
  }

  /// Brings everything to the disk, before a checkpoint relies on it.
  package func synchronize() throws(FormatError) {
    try flush()
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FormatError(path, cannot: "write", code: errno)
    }
  }

  /// Replaces every word by `numbers[word]`, and drops those that are negative there.
  func renumber(_ numbers: [Int32]) throws(FormatError) {
    try rewrite { piece, kept in
      for number in piece {
        kept.append(number == Self.sentenceEnd ? number : numbers[Int(number)])
      }
    }
  }

  /// Writes the text anew; what is negative in it besides ``sentenceEnd`` and sentences without words are
  /// left out.
  ///
  /// - Parameter body: appends, for each piece in turn, at most as many numbers as have come so far; called
  ///   with an empty piece at the end.
  func rewrite(_ body: (ArraySlice<Int32>, inout [Int32]) -> Void) throws(FormatError) {
    try flush()
    var (read, written, words) = (0, 0, 0)
    var last = Self.sentenceEnd
    var isOver = false
    while !isOver {
      let piece = try self.numbers(read..<min(count, read + 1 << 18))
      read += piece.count
      isOver = piece.isEmpty
      var new: [Int32] = []
      new.reserveCapacity(piece.count + 1)
      body(piece[...], &new)
      let kept = new.filter { number in
        guard number == Self.sentenceEnd ? last != Self.sentenceEnd : number >= 0 else {
          return false
        }
        last = number
        words += number == Self.sentenceEnd ? 0 : 1
        return true
      }
      let result = kept.withUnsafeBytes { bytes in
        Result { () throws(FormatError) in try write(bytes, at: written * 4) }
      }
      try result.get()
      written += kept.count
    }
    guard ftruncate(descriptor, off_t(written * 4)) == 0 else {
      throw FormatError(path, cannot: "write", code: errno)
    }
    count = written
    wordCount = words
    lastAppended = last
  }

  /// The numbers of a range that was written.
  package func numbers(_ range: Range<Int>) throws(FormatError) -> [Int32] {
    var numbers = [Int32](repeating: 0, count: range.count)
    let result = numbers.withUnsafeMutableBytes { bytes in
      Result { () throws(FormatError) in try read(into: bytes, at: range.lowerBound * 4) }
    }
    try result.get()
    return numbers
  }

  /// The CRC-32 of what was written.
  package func checksum() throws(FormatError) -> UInt32 {
    var checksum = Checksum()
    for start in stride(from: 0, to: count, by: 1 << 18) {
      try numbers(start..<min(count, start + 1 << 18)).withUnsafeBytes { checksum.add($0) }
    }
    return checksum.value
  }

  /// Fills `target` from the byte `offset`.
  func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
    var done = 0
    while done < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
      let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw FormatError(path, cannot: "read", code: errno) }
      guard got > 0 else {
        throw FormatError(
          path, .byte(offset + done), expected: "\(count * 4) bytes", actual: "the end")
      }
      done += got
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let put = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { throw FormatError(path, cannot: "write", code: errno) }
      done += put
    }
  }
}
