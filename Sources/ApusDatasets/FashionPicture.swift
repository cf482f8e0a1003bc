import ApusFormats
import ApusNumerics
import ApusTensors

/// Pictures from elsewhere, brought into Fashion-MNIST's form: 28 × 28, a bright item on black.
///
/// A grey picture of 28 × 28 with a dark border is taken to be in that form and stays as it is. Any
/// other is prepared in these steps, which follow the makers of the data set:
/// 1. What is transparent becomes white; colours become grey (luma 0.299 R + 0.587 G + 0.114 B).
/// 2. A longer side above 1,120 pixels becomes 1,120 (each pixel the mean of the area it covers).
/// 3. Where the median of the outermost pixels is bright (128 or more) the picture is inverted.
/// 4. The ground, a plane through the levels of the outermost pixels (``PictureGround``), is brought to 0
///    and the rest stretched to keep 255; below it is 0.
/// 5. What is outside the rectangle around the item is cut off. The item is above 5 %, or above the noise of
///    the ground; dust, noise and what stands at the border beside it are no part of it (``PicturePart``).
/// 6. The longer side becomes 28 and the other keeps the proportion, by means of areas again; the result
///    stands in the middle of 28 × 28 zeros.
///
/// A grey picture of 28 × 28 with a bright border has as its ground the level that 5 % of the border's pixels
/// do not pass, and everything 5 % above it is the item. One that spans 25 pixels and more is in the data set's
/// form but for its polarity: nothing is cut off.
///
/// Reference: Xiao, Rasul, Vollgraf (2017), arXiv:1708.07747, section 2.
public enum FashionPicture {
  /// The height and width of the result.
  public static let side = 28

  /// A prepared picture and what to call it.
  public struct Named: Sendable {
    /// The file, with `[index]` where it has several pictures.
    public let name: String
    /// `uint8` of shape `[28, 28, 1]`.
    public let pixels: Tensor
  }

  /// The pictures of a PNG or an IDX file (gzipped or not), prepared.
  ///
  /// An IDX file may hold 1 GiB of numbers: at most a million pictures of at most 100 million
  /// pixels.
  ///
  /// - Throws: `FormatError` where the file is missing, damaged or neither, `DatasetError.blank`
  ///   where there is nothing to see in a picture.
  public static func read(_ path: String) throws -> [Named] {
    let bytes = try FileBytes.read(path, limit: byteLimit)
    if PNG.isPNG(bytes) {
      return [Named(name: path, pixels: try prepare(PNG.decode(bytes, file: path), name: path))]
    }
    guard bytes.starts(with: [0, 0]) || bytes.starts(with: [0x1F, 0x8B]) else {
      throw FormatError(
        path, .byte(0), expected: "a PNG picture or an IDX file",
        actual: bytes.isEmpty
          ? "an empty file" : otherFormat(of: bytes) ?? hexadecimal(bytes.prefix(8)))
    }
    let pictures = try storedPictures(bytes, path)
    let count = pictures.shape[0]
    return try (0..<count).map { index in
      let name = count == 1 ? path : "\(path)[\(index)]"
      return Named(name: name, pixels: try prepare(pictures[index], name: name))
    }
  }

  /// What a picture is that is not read.
  private static func otherFormat(of bytes: [UInt8]) -> String? {
    let marks: [(name: String, place: Int, bytes: [UInt8])] = [
      ("JPEG", 0, [0xFF, 0xD8, 0xFF]), ("GIF", 0, Array("GIF8".utf8)),
      ("WebP", 8, Array("WEBP".utf8)), ("TIFF", 0, [0x49, 0x49, 0x2A, 0]),
      ("TIFF", 0, [0x4D, 0x4D, 0, 0x2A]),
    ]
    let format = marks.first { bytes.dropFirst($0.place).starts(with: $0.bytes) }
    return format.map { "a \($0.name) picture: convert it to PNG" }
  }

  private static let byteLimit = 1 << 30
  private static let countLimit = 1_000_000
  private static let pixelLimit = 100_000_000
  private static let longestSide = 40 * side

  /// The pictures of an IDX file as `uint8[count, height, width, 1]`.
  private static func storedPictures(
    _ bytes: [UInt8], _ path: String
  ) throws(FormatError) -> Tensor {
    let stored = try IDX.decode(bytes, file: path, byteLimit: byteLimit)
    guard stored.dataType == .uint8, 2...3 ~= stored.shape.rank, stored.count > 0 else {
      throw FormatError(
        path, .byte(0), expected: "pictures, uint8[height, width] or uint8[count, height, width]",
        actual: "\(stored.type)")
    }
    let count = stored.shape.rank == 3 ? stored.shape[0] : 1
    // Each picture becomes one of 28 × 28, however small it is; its pixels become real numbers.
    guard count <= countLimit, stored.count / count <= pixelLimit else {
      throw FormatError(
        path, .byte(4),
        expected: "at most \(countLimit) pictures of at most \(pixelLimit) pixels",
        actual: "\(stored.type)")
    }
    return stored.reshaped(to: Shape([count] + stored.shape.extents.suffix(2) + [1]))
  }

  /// Prepares one picture, `uint8` of shape `[height, width, 1, 3 or 4]`, by the steps above.
  ///
  /// - Parameter name: what errors call it.
  /// - Returns: `uint8` of shape `[28, 28, 1]`.
  /// - Throws: `DatasetError` where the tensor is no picture or shows nothing.
  public static func prepare(_ picture: Tensor, name: String) throws(DatasetError) -> Tensor {
    let extents = picture.shape.extents
    guard picture.dataType == .uint8, extents.count == 3, picture.count > 0,
      [1, 3, 4].contains(extents[2])
    else {
      throw DatasetError(
        .mismatch,
        "\(name): expected a picture, uint8[height, width, 1, 3 or 4], got \(picture.type)")
    }
    var plane = GreyPlane(picture).limited(to: longestSide)
    let hasSize = extents.prefix(2) == [side, side] && picture.isGrey
    let isBright = plane.border(quantile: 0.5) >= 128
    if !isBright, hasSize {
      return Tensor(plane.values.map { UInt8($0.rounded()) }, shape: [side, side, 1])
    }
    if isBright { plane.invert() }
    if hasSize { return try inForm(plane, name: name) }
    let criterion = plane.takeAwayGround()
    guard let item = PicturePart.item(of: plane, criterion) else { throw blank(name) }
    return plane.cropped(to: item).fitted(into: side)
  }

  /// A picture of 28 × 28 on bright ground, inverted.
  private static func inForm(_ inverted: GreyPlane, name: String) throws(DatasetError) -> Tensor {
    var plane = inverted
    // In the data set's form some of the border is black, however much of it an item covers.
    plane.subtract(background: plane.border(quantile: 0.05))
    guard let item = PicturePart.all(of: plane, above: GreyPlane.leastThreshold) else {
      throw blank(name)
    }
    // An item of the data set spans 25 pixels and more.
    let spans = max(item.rows.count, item.columns.count) >= 25
    return (spans ? plane : plane.cropped(to: item)).fitted(into: side)
  }

  private static func blank(_ name: String) -> DatasetError {
    DatasetError(
      .blank, "\(name): expected a picture of an item, got one that shows nothing but background")
  }
}

extension Tensor {
  /// Whether a picture has no colours and nothing transparent, however many channels say so.
  fileprivate var isGrey: Bool {
    let channels = shape[2]
    if channels == 1 { return true }
    return withElements(as: UInt8.self) { (pixels: UnsafeBufferPointer<UInt8>) -> Bool in
      for first in stride(from: 0, to: pixels.count, by: channels) {
        let red = pixels[first]
        guard pixels[first + 1] == red, pixels[first + 2] == red else { return false }
        guard channels == 3 || pixels[first + 3] == 255 else { return false }
      }
      return true
    }
  }
}
