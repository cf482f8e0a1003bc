import CLZMA

/// What an .xz file unpacks to, a piece at a time; all its streams one after the other.
///
/// Checksums are checked. Every fault is named by the byte of the compressed file it was found at.
package final class XZSource: ByteSource {
  /// The most memory for unpacking: files of `xz -9` need 65 MiB, hostile ones ask for gigabytes.
  private static let memoryLimit: UInt64 = 1 << 29

  private let base: any ByteSource
  private let buffer: UnsafeMutableRawBufferPointer
  private var stream = lzma_stream()
  private var position = 0
  private var consumed = 0
  private var hasEnded = false
  private var isFinished = false

  /// Unpacks the rest of `base`.
  package init(_ base: any ByteSource) throws(FormatError) {
    self.base = base
    buffer = .allocate(byteCount: 1 << 16, alignment: 16)
    let code = apus_xz_start(&stream, Self.memoryLimit)
    guard code == LZMA_OK else {
      throw FormatError(base.file, cannot: "unpack", message: "liblzma does not start")
    }
  }

  deinit {
    lzma_end(&stream)
    buffer.deallocate()
  }

  package var file: String { base.file }
  package var place: FormatError.Place { .uncompressedByte(position) }
  /// LZMA packs long runs into almost nothing, so there is no useful bound.
  package var mostLeft: Int { isFinished ? 0 : Int.max }

  package func read(into target: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    guard !isFinished, target.count > 0 else { return 0 }
    stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = target.count
    while stream.avail_out > 0, !isFinished {
      try refill()
      switch lzma_code(&stream, hasEnded ? LZMA_FINISH : LZMA_RUN) {
      case LZMA_OK: break
      case LZMA_STREAM_END: isFinished = true
      case LZMA_BUF_ERROR: throw fault("the end of the file")
      case LZMA_FORMAT_ERROR: throw fault("no .xz header")
      case LZMA_MEMLIMIT_ERROR: throw fault("a file that needs more than 512 MiB to unpack")
      case LZMA_DATA_ERROR: throw fault("damaged data")
      case let code: throw fault("damaged data (liblzma \(code.rawValue))")
      }
    }
    let count = target.count - stream.avail_out
    position += count
    return count
  }

  private func refill() throws(FormatError) {
    guard stream.avail_in == 0, !hasEnded else { return }
    let count = try base.read(into: buffer)
    hasEnded = count == 0
    consumed += count
    stream.avail_in = count
    stream.next_in = UnsafePointer(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
  }

  private func fault(_ actual: String) -> FormatError {
    FormatError(
      file, .byte(consumed - stream.avail_in), expected: "more .xz data", actual: actual)
  }
}
