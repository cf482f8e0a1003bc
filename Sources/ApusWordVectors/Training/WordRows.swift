import CKernels
import Glibc

/// The input and output rows of all words, side by side, on huge pages where the system gives them.
///
/// Unchecked because threads train on the same rows without locks, as Hogwild does; everything else reads
/// them only while none does.
final class WordRows: @unchecked Sendable {
  let words: Int
  let size: Int
  /// Floats of a row: the size rounded up to 16; the rest stays 0.
  let width: Int
  let floats: UnsafeMutablePointer<Float>
  private static let page = 2 << 20

  /// Rows of zeros.
  ///
  /// - Throws: ``WordVectorError`` where the system has no memory for them.
  init(words: Int, size: Int) throws(WordVectorError) {
    self.words = words
    self.size = size
    width = (size + 15) / 16 * 16
    let bytes = (words * 2 * width * 4 + Self.page - 1) / Self.page * Self.page
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, Self.page, max(bytes, Self.page)) == 0, let memory else {
      throw WordVectorError(
        .system, "\(words) words of \(size) numbers need \(bytes >> 20) MiB of memory")
    }
    madvise(memory, bytes, MADV_HUGEPAGE)
    memset(memory, 0, bytes)
    floats = memory.bindMemory(to: Float.self, capacity: bytes / 4)
  }

  deinit { free(floats) }

  /// The input row of a word.
  func input(_ word: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: floats + 2 * word * width, count: size)
  }

  /// The output row of a word, or of an inner node of the tree.
  func output(_ word: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: floats + (2 * word + 1) * width, count: size)
  }
}
