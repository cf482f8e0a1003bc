import ApusTensors
import CGIF

/// Animations in GIF, written through giflib.
public enum GIF {
  /// The most pixels that all pictures may have together.
  static let pixelLimit = 1 << 30

  /// The bytes of a GIF file that shows grey pictures one after the other, without end.
  ///
  /// - Parameters:
  ///   - pictures: `uint8 [count, height, width, 1]`, at least one, at most 65,535 on a side.
  ///   - delay: how long each is shown, in hundredths of a second.
  ///   - lastDelay: how long the last one is shown.
  /// - Throws: `FormatError` where the pictures are of another type, or giflib cannot write them.
  public static func encode(
    _ pictures: Tensor, delay: UInt16, lastDelay: UInt16, file: String = "GIF animation"
  ) throws(FormatError) -> [UInt8] {
    let extents = pictures.shape.extents
    guard pictures.dataType == .uint8, extents.count == 4, extents[3] == 1,
      1...65535 ~= extents[1], 1...65535 ~= extents[2],
      extents[0] >= 1, extents[0] <= pixelLimit / (extents[1] * extents[2])
    else {
      throw FormatError(
        file, .wholeFile, expected: "uint8 pixels [count, height, width, 1]",
        actual: "\(pictures.type)")
    }
    var delays = [UInt16](repeating: delay, count: extents[0])
    delays[extents[0] - 1] = lastDelay
    var size = 0
    var failure: UnsafePointer<CChar>?
    let encoded = pictures.withElements(as: UInt8.self) { pixels in
      apus_gif_encode(
        pixels.baseAddress, Int32(extents[0]), Int32(extents[1]), Int32(extents[2]), delays, &size,
        &failure)
    }
    guard let encoded else {
      throw FormatError(file, cannot: "write", message: failure.map { String(cString: $0) } ?? "")
    }
    defer { apus_gif_free(encoded) }
    return Array(UnsafeBufferPointer(start: encoded, count: size))
  }
}
