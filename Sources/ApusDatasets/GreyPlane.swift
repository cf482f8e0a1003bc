import ApusNumerics
import ApusTensors

/// A grey picture while it is prepared, in numbers 0…255.
struct GreyPlane {
  var height: Int
  var width: Int
  var values: [Float]

  init(height: Int, width: Int, values: [Float]) {
    (self.height, self.width, self.values) = (height, width, values)
  }

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

  /// The places of the outermost pixels.
  var border: [(row: Int, column: Int)] {
    var places = (0..<width).map { (row: 0, column: $0) }
    if height > 1 { places += (0..<width).map { (height - 1, $0) } }
    for row in 1..<max(1, height - 1) {
      places.append((row, 0))
      if width > 1 { places.append((row, width - 1)) }
    }
    return places
  }

  func border(quantile: Double) -> Float {
    Float(
      quantiles([quantile], of: border.lazy.map { Double(values[$0.row * width + $0.column]) })[0])
  }

  mutating func invert() {
    for index in values.indices { values[index] = 255 - values[index] }
  }

  /// Brings a background to 0 and keeps 255; what is below becomes 0.
  mutating func subtract(background: Float) {
    for index in values.indices { values[index] = Self.above(background, values[index]) }
  }

  /// Brings the ground to 0 and keeps 255; what is below becomes 0.
  ///
  /// - Returns: what an item is there: above 5 %, or above three deviations of the ground where that is more,
  ///   25 % at most; of a ten-thousandth of the pixels, at least 4 where the ground has noise.
  mutating func takeAwayGround() -> PicturePart.Criterion {
    let ground = PictureGround(of: self)
    for row in 0..<height {
      for column in 0..<width {
        let index = row * width + column
        values[index] = Self.above(ground.level(row, column), values[index])
      }
    }
    let middle = ground.level(height / 2, width / 2)
    let noise = Self.above(middle, middle + 3 * ground.deviation)
    return PicturePart.Criterion(
      threshold: min(max(Self.leastThreshold, noise), 5 * Self.leastThreshold),
      area: max(ground.deviation > 0 ? 4 : 1, values.count / 10_000))
  }

  /// What pixels of an item are above at least.
  static let leastThreshold: Float = 0.05 * 255

  private static func above(_ background: Float, _ value: Float) -> Float {
    max(0, value - background) * 255 / (255 - background)
  }

  func cropped(to part: PicturePart) -> GreyPlane {
    let kept = part.rows.flatMap { row in
      values[row * width + part.columns.lowerBound..<row * width + part.columns.upperBound]
    }
    return GreyPlane(height: part.rows.count, width: part.columns.count, values: kept)
  }

  /// The picture itself where no side has more than `longest` pixels, otherwise made so small.
  func limited(to longest: Int) -> GreyPlane {
    max(height, width) <= longest ? self : scaled(longerSide: longest)
  }

  /// The picture with its longer side made `side`, in the middle of a square of zeros.
  func fitted(into side: Int) -> Tensor {
    let scaled = scaled(longerSide: side)
    var fitted = [UInt8](repeating: 0, count: side * side)
    let (top, left) = ((side - scaled.height) / 2, (side - scaled.width) / 2)
    for row in 0..<scaled.height {
      for column in 0..<scaled.width {
        let mean = scaled.values[row * scaled.width + column]
        fitted[(top + row) * side + left + column] = UInt8(min(max(mean.rounded(), 0), 255))
      }
    }
    return Tensor(fitted, shape: [side, side, 1])
  }

  /// The picture with its longer side made `side` pixels, each the mean of the area it covers.
  func scaled(longerSide side: Int) -> GreyPlane {
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
    let scaled = down.flatMap { weights in
      (0..<columns).map { column in
        weights.reduce(0) { $0 + $1.weight * narrow[$1.index * columns + column] }
      }
    }
    return GreyPlane(height: rows, width: columns, values: scaled)
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
