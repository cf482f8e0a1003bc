import CZlib

/// What a gzip file or a deflated part of a zip archive unpacks to, a piece at a time.
///
/// Every fault is named by the byte of the compressed file it was found at: a damaged block, a
/// wrong checksum, a missing end, bytes after the end. A gzip file may have several members, and zeros
/// behind them.
package final class InflateSource: ByteSource {
  /// How the deflated data is wrapped.
  package enum Wrapping {
    case gzip
    /// Not at all, as inside a zip archive.
    case none
  }

  private let base: RangeSource
  private let wrapping: Wrapping
  private let buffer: UnsafeMutableRawBufferPointer
  private var stream = z_stream()
  private var position = 0
  private var isFinished = false

  /// Unpacks the rest of `base`.
  package init(_ base: RangeSource, _ wrapping: Wrapping) throws(FormatError) {
    self.base = base
    self.wrapping = wrapping
    buffer = .allocate(byteCount: 1 << 17, alignment: 16)
    let code = apus_inflate_init(&stream, wrapping == .gzip ? 31 : -15)
    guard code == Z_OK else {
      throw FormatError(base.file, cannot: "unpack", message: "zlib does not start (\(code))")
    }
  }

  deinit {
    inflateEnd(&stream)
    buffer.deallocate()
  }

  package var file: String { base.file }
  package var place: FormatError.Place { .uncompressedByte(position) }

  // Deflate packs at most 258 bytes into two bits, a ratio below 1032.
  package var mostLeft: Int {
    guard !isFinished else { return 0 }
    let packed = base.mostLeft + Int(stream.avail_in) + 1
    let (bound, overflow) = packed.multipliedReportingOverflow(by: 1032)
    // What zlib holds back in its window can still come although the input is used up.
    return overflow || bound > Int.max - (1 << 16) ? Int.max : bound + (1 << 16)
  }

  package func read(into target: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    guard !isFinished, target.count > 0 else { return 0 }
    let room = UInt32(clamping: target.count)
    stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = room
    while stream.avail_out > 0, !isFinished {
      try refill()
      let isExhausted = stream.avail_in == 0
      switch inflate(&stream, Z_NO_FLUSH) {
      case Z_OK: break
      case Z_STREAM_END: try finishMember()
      case Z_BUF_ERROR where isExhausted: throw fault("the end of the file")
      case let code: throw fault(message(of: code))
      }
    }
    let count = Int(room - stream.avail_out)
    position += count
    return count
  }

  private func refill() throws(FormatError) {
    guard stream.avail_in == 0 else { return }
    stream.avail_in = UInt32(try base.read(into: buffer))
    stream.next_in = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
  }

  private func finishMember() throws(FormatError) {
    try refill()
    if wrapping == .gzip { try skipPadding() }
    guard stream.avail_in > 0 else {
      isFinished = true
      return
    }
    let extra = base.mostLeft + Int(stream.avail_in)
    guard wrapping == .gzip, stream.next_in.pointee == 0x1F else {
      throw FormatError(
        file, compressedPlace, expected: "the end of the compressed data",
        actual: "\(extra) more bytes")
    }
    let code = inflateReset(&stream)
    guard code == Z_OK else { throw fault(message(of: code)) }
  }

  /// Zeros behind a member only fill a block of a tape or a disk.
  private func skipPadding() throws(FormatError) {
    while stream.avail_in > 0, stream.next_in.pointee == 0 {
      stream.next_in += 1
      stream.avail_in -= 1
      try refill()
    }
  }

  private var compressedPlace: FormatError.Place {
    guard case .byte(let read) = base.place else { return base.place }
    return .byte(read - Int(stream.avail_in))
  }

  private func fault(_ actual: String) -> FormatError {
    FormatError(
      file, compressedPlace,
      expected: wrapping == .gzip ? "more gzip data" : "more deflated data", actual: actual)
  }

  private func message(of code: Int32) -> String {
    stream.msg.map { "damaged data (\(String(cString: $0)))" } ?? "damaged data (zlib \(code))"
  }
}
