import CKernels
import Glibc

/// Numbers of words in one block of memory, on huge pages where the system gives them.
///
/// Unchecked because threads train on the same rows without locks, as Hogwild does; everything else reads
/// them only while none does.
final class WordRows: @unchecked Sendable {
  let words: Int
  /// Floats that are used of each row; the rest stays 0.
  let size: Int
  /// Floats of a row: the size rounded up to 16.
  let width: Int
  /// Rows of a word, side by side.
  let rowsOfWord: Int
  let floats: UnsafeMutablePointer<Float>
  private static let page = 2 << 20

  /// Rows of zeros.
  ///
  /// - Throws: ``WordVectorError`` where the system has no memory for them.
  init(words: Int, size: Int, rowsOfWord: Int = 2) throws(WordVectorError) {
    self.words = words
    self.size = size
    self.rowsOfWord = rowsOfWord
    width = (size + 15) / 16 * 16
    let used = words * rowsOfWord * width * 4
    let bytes = max(1, (used + Self.page - 1) / Self.page) * Self.page
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, Self.page, bytes) == 0, let memory else {
      throw WordVectorError(
        .system, "\(words) words of \(size) numbers need \(bytes >> 20) MiB of memory")
    }
    madvise(memory, bytes, MADV_HUGEPAGE)
    memset(memory, 0, bytes)
    floats = memory.bindMemory(to: Float.self, capacity: bytes / 4)
  }

  deinit { free(floats) }

  /// A row of a word.
  subscript(word: Int, row: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: floats + (word * rowsOfWord + row) * width, count: size)
  }

  /// The input row of a word.
  func input(_ word: Int) -> UnsafeMutableBufferPointer<Float> { self[word, 0] }

  /// The output row of a word, or of an inner node of the tree.
  func output(_ word: Int) -> UnsafeMutableBufferPointer<Float> { self[word, 1] }
}
