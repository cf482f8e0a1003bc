import ApusFormats
import ApusNumerics
import ApusTensors

/// Pictures from elsewhere, brought into Fashion-MNIST's form: 28 × 28, a bright item on black.
///
/// A grey picture of 28 × 28 with a dark border is taken to be in that form and stays as it is. Any
/// other is prepared in these steps, which follow the makers of the data set:
/// 1. What is transparent becomes white; colours become grey (luma 0.299 R + 0.587 G + 0.114 B).
/// 2. The background is the median of the outermost pixels. Where it is bright (128 or more) the
///    picture is inverted.
/// 3. The background is brought to 0 and the rest stretched to keep 255; below it is 0.
/// 4. Rows and columns at the edges that have nothing above 5 % are cut off.
/// 5. The longer side becomes 28 and the other keeps the proportion, each pixel the mean of the
///    area it covers; the result stands in the middle of 28 × 28 zeros.
///
/// A grey picture of 28 × 28 with a bright border is in that form but for its polarity where the item spans
/// 25 pixels and more: steps 4 and 5 are left out, and the background is what 5 % of the border's pixels pass.
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
        actual: bytes.isEmpty ? "an empty file" : hexadecimal(bytes.prefix(8)))
    }
    let pictures = try storedPictures(bytes, path)
    let count = pictures.shape[0]
    return try (0..<count).map { index in
      let name = count == 1 ? path : "\(path)[\(index)]"
      return Named(name: name, pixels: try prepare(pictures[index], name: name))
    }
  }

  private static let byteLimit = 1 << 30
  private static let countLimit = 1_000_000
  private static let pixelLimit = 100_000_000

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
    var plane = GreyPlane(picture)
    let hasSize = extents.prefix(2) == [side, side] && picture.isGrey
    let isBright = plane.border(quantile: 0.5) >= 128
    if !isBright, hasSize {
      return Tensor(plane.values.map { UInt8($0.rounded()) }, shape: [side, side, 1])
    }
    if isBright { plane.invert() }
    // In the data set's form some of the border is black, however much of it an item covers.
    plane.subtract(background: plane.border(quantile: hasSize ? 0.05 : 0.5))
    guard let content = plane.cropped(above: 0.05 * 255) else {
      throw DatasetError(
        .blank, "\(name): expected a picture of an item, got one that shows nothing but background")
    }
    // An item of the data set spans 25 pixels and more.
    let isInForm = hasSize && max(content.height, content.width) >= 25
    return (isInForm ? plane : content).fitted(into: side)
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

/// A grey picture while it is prepared, in numbers 0…255.
private struct GreyPlane {
  var height: Int
  var width: Int
  var values: [Float]

  /// The luma of a picture over white.
  init(_ picture: Tensor) {
    let channels = picture.shape[2]
    (height, width) = (picture.shape[0], picture.shape[1])
    values = picture.withElements(as: UInt8.self) { pixels in
      stride(from: 0, to: pixels.count, by: channels).map { first in
        guard channels > 1 else { return Float(pixels[first]) }
        let (red, green, blue) = (pixels[first], pixels[first + 1], pixels[first + 2])
        let luma = 0.299 * Float(red) + 0.587 * Float(green) + 0.114 * Float(blue)
        let alpha = channels == 4 ? Float(pixels[first + 3]) / 255 : 1
        return luma * alpha + 255 * (1 - alpha)
      }
    }
  }

  init(height: Int, width: Int, values: [Float]) {
    (self.height, self.width, self.values) = (height, width, values)
  }

  func border(quantile: Double) -> Float {
    var border = Array(values[..<width])
    if height > 1 { border += values[(height - 1) * width..<height * width] }
    for row in 1..<max(1, height - 1) {
      border.append(values[row * width])
      if width > 1 { border.append(values[(row + 1) * width - 1]) }
    }
    return Float(quantiles([quantile], of: border.lazy.map(Double.init))[0])
  }

  mutating func invert() {
    for index in values.indices { values[index] = 255 - values[index] }
  }

  mutating func subtract(background: Float) {
    for index in values.indices {
      values[index] = max(0, values[index] - background) * 255 / (255 - background)
    }
  }

  /// The least rectangle with everything above a threshold, or nil where nothing is.
  func cropped(above threshold: Float) -> GreyPlane? {
    let rows = (0..<height).filter { row in
      values[row * width..<(row + 1) * width].contains { $0 > threshold }
    }
    guard let top = rows.first, let bottom = rows.last else { return nil }
    var (left, right) = (width, -1)
    for row in rows {
      let pixels = values[row * width..<(row + 1) * width]
      guard let first = pixels.firstIndex(where: { $0 > threshold }),
        let last = pixels.lastIndex(where: { $0 > threshold })
      else { continue }
      (left, right) = (min(left, first - row * width), max(right, last - row * width))
    }
    let kept = (top...bottom).flatMap { values[$0 * width + left...$0 * width + right] }
    return GreyPlane(height: bottom - top + 1, width: right - left + 1, values: kept)
  }

  /// The picture with its longer side made `side`, in the middle of a square of zeros.
  func fitted(into side: Int) -> Tensor {
    let longest = Double(max(height, width))
    let rows = max(1, Int((Double(height * side) / longest).rounded()))
    let columns = max(1, Int((Double(width * side) / longest).rounded()))
    let across = Self.areaWeights(from: width, to: columns)
    let down = Self.areaWeights(from: height, to: rows)
    var narrow = [Float](repeating: 0, count: height * columns)
    for row in 0..<height {
      for (column, weights) in across.enumerated() {
        narrow[row * columns + column] = weights.reduce(0) {
          $0 + $1.weight * values[row * width + $1.index]
        }
      }
    }
    var fitted = [UInt8](repeating: 0, count: side * side)
    let (top, left) = ((side - rows) / 2, (side - columns) / 2)
    for (row, weights) in down.enumerated() {
      for column in 0..<columns {
        let mean = weights.reduce(0) { $0 + $1.weight * narrow[$1.index * columns + column] }
        fitted[(top + row) * side + left + column] = UInt8(min(max(mean.rounded(), 0), 255))
      }
    }
    return Tensor(fitted, shape: [side, side, 1])
  }

  /// For each target pixel the source pixels it covers, with the part of it each takes.
  private static func areaWeights(
    from source: Int, to target: Int
  ) -> [[(index: Int, weight: Float)]] {
    let scale = Double(source) / Double(target)
    return (0..<target).map { index in
      let (start, end) = (Double(index) * scale, Double(index + 1) * scale)
      return (Int(start)..<min(Int(end.rounded(.up)), source)).compactMap { place in
        let overlap = min(end, Double(place + 1)) - max(start, Double(place))
        return overlap > 0 ? (place, Float(overlap / scale)) : nil
      }
    }
  }
}
