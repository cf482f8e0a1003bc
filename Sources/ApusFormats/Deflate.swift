import CZlib

/// Packing bytes and their checksums, through zlib.
public enum Deflate {
  /// A gzip file of these bytes, without name and time, so that equal bytes give equal files.
  public static func gzip(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
    packed(bytes, level: level, windowBits: 31)
  }

  /// The bytes deflated without any wrapping, as zip archives hold them.
  static func raw(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
    packed(bytes, level: level, windowBits: -15)
  }

  /// The CRC-32 of zip and gzip.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    UInt32(
      truncatingIfNeeded: bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) })
  }

  private static func packed(_ bytes: [UInt8], level: Int, windowBits: Int32) -> [UInt8] {
    var stream = z_stream()
    let code = apus_deflate_init(&stream, Int32(level), windowBits)
    precondition(code == Z_OK, "zlib does not start (\(code)): level \(level)")
    defer { deflateEnd(&stream) }
    var packed: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    bytes.withUnsafeBufferPointer { source in
      var taken = 0
      var code = Z_OK
      while code != Z_STREAM_END {
        if stream.avail_in == 0, taken < source.count {
          stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + taken })
          stream.avail_in = UInt32(clamping: source.count - taken)
          taken += Int(stream.avail_in)
        }
        chunk.withUnsafeMutableBufferPointer { target in
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          code = deflate(&stream, taken == source.count ? Z_FINISH : Z_NO_FLUSH)
        }
        precondition(code == Z_OK || code == Z_STREAM_END, "zlib refused its own state (\(code))")
        packed += chunk[..<(chunk.count - Int(stream.avail_out))]
      }
    }
    return packed
  }
}
