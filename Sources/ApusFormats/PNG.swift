import ApusTensors
import CPNG

/// Pictures in PNG, read and written through libpng.
///
/// Every colour type and bit depth is read and becomes 8 bits a channel: `[height, width, 1]` for
/// grey, 3 channels for colour and palettes, 4 for anything with transparency (alpha last, not
/// multiplied in). Pictures that name another gamma are brought to sRGB.
public enum PNG {
  /// The most pixels a picture may have.
  static let pixelLimit = 100_000_000

  /// The picture in a file, of type `uint8`.
  ///
  /// - Throws: `FormatError` where the file is missing, damaged, no PNG, a pipe, or above 100 million
  ///   pixels.
  public static func read(_ path: String) throws(FormatError) -> Tensor {
    try decode(FileBytes.read(path, limit: 1 << 30, acceptsPipes: false), file: path)
  }

  /// Whether the bytes begin as a PNG file does.
  public static func isPNG(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
  }

  /// The picture in the bytes of a file; errors call it `file`.
  public static func decode(_ bytes: [UInt8], file: String) throws(FormatError) -> Tensor {
    guard isPNG(bytes) else {
      throw FormatError(
        file, .byte(0), expected: "a PNG picture (89 50 4e 47 0d 0a 1a 0a)",
        actual: bytes.isEmpty ? "nothing" : hexadecimal(bytes.prefix(8)))
    }
    try checkChunks(of: bytes, file)
    let result = bytes.withUnsafeBytes { memory in
      Result { () throws(FormatError) in try decode(memory, file: file) }
    }
    return try result.get()
  }

  /// Checks that every chunk lies within the file, down to the last one.
  ///
  /// libpng takes the memory that a chunk claims before it reads it, and it never reads IEND.
  private static func checkChunks(of bytes: [UInt8], _ file: String) throws(FormatError) {
    var start = 8
    while bytes.count - start >= 12 {
      let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - start - 12 else { break }
      if bytes[start + 4..<start + 8].elementsEqual("IEND".utf8) { return }
      start += 12 + length
    }
    throw FormatError(
      file, .byte(start), expected: "a whole chunk of a PNG picture, the last one IEND",
      actual: "\(bytes.count - start) bytes up to the end of the file")
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, file: String
  ) throws(FormatError) -> Tensor {
    guard let png = apus_png_open(bytes.baseAddress, bytes.count) else {
      throw FormatError(file, cannot: "read", message: "no memory")
    }
    defer { apus_png_free(png) }
    try check(png, file)
    let (width, height) = (Int(apus_png_width(png)), Int(apus_png_height(png)))
    let channels = Int(apus_png_channels(png))
    // One byte of deflated data unpacks to at most 1032, each at most eight pixels.
    guard width > 0, height > 0, width <= pixelLimit / height,
      width * height / 8 / 1032 <= bytes.count
    else {
      throw FormatError(
        file, .byte(16),
        expected: "a picture of at most \(pixelLimit) pixels that \(bytes.count) bytes can hold",
        actual: "\(width) × \(height)")
    }
    return try Tensor(TensorType([height, width, channels], .uint8)) {
      (memory) throws(FormatError) in
      apus_png_decode(png, memory.baseAddress)
      try check(png, file)
    }
  }

  private static func check(_ png: OpaquePointer, _ file: String) throws(FormatError) {
    guard let failure = apus_png_failure(png) else { return }
    throw FormatError(
      file, .wholeFile, expected: "a whole PNG picture",
      actual: "a damaged one (\(String(cString: failure)))")
  }

  /// The bytes of a PNG file of 8 bits a channel.
  ///
  /// - Throws: `FormatError` where the picture is not `uint8` of shape `[height, width]` or
  ///   `[height, width, channels]` with 1, 3 or 4 channels, or is empty.
  public static func encode(
    _ picture: Tensor, file: String = "PNG picture"
  ) throws(FormatError) -> [UInt8] {
    let extents = picture.shape.extents
    let channels = extents.count == 2 ? 1 : extents.last ?? 0
    guard picture.dataType == .uint8, 2...3 ~= extents.count, [1, 3, 4].contains(channels),
      picture.count > 0
    else {
      throw FormatError(
        file, .wholeFile, expected: "uint8 pixels [height, width, 1, 3 or 4]",
        actual: "\(picture.type)")
    }
    guard extents[0] <= pixelLimit / extents[1] else {
      throw FormatError(
        file, .wholeFile, expected: "at most \(pixelLimit) pixels",
        actual: "\(extents[0]) × \(extents[1])")
    }
    let (height, width) = (UInt32(extents[0]), UInt32(extents[1]))
    var message = [CChar](repeating: 0, count: 64)
    var bytes: [UInt8] = []
    let isWritten = picture.withBytes { pixels in
      var count = 0
      guard
        apus_png_encode(
          pixels.baseAddress, width, height, Int32(channels), nil, &count, &message) != 0
      else { return false }
      bytes = [UInt8](repeating: 0, count: count)
      return apus_png_encode(
        pixels.baseAddress, width, height, Int32(channels), &bytes, &count, &message) != 0
    }
    guard isWritten else {
      let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw FormatError(file, cannot: "write", message: String(decoding: text, as: UTF8.self))
    }
    return bytes
  }

  /// Writes a picture, whole or not at all.
  public static func write(_ picture: Tensor, to path: String) throws(FormatError) {
    try AtomicFile.write(encode(picture, file: path), to: path)
  }
}
