import ApusFormats
import ApusNumerics
import ApusTensors

/// Pictures in memory, each with the number of its class.
public struct ImageClassificationData: Sendable {
  /// The pictures, `uint8` of shape `[count, height, width, channels]`.
  public let pixels: Tensor
  /// The class of each picture, an index of ``classNames``.
  public let labels: [Int32]
  /// What the classes are called.
  public let classNames: [String]

  /// Data whose pictures and labels fit together.
  ///
  /// - Throws: `DatasetError` where the pixels are not `uint8` with four axes, the numbers of
  ///   pictures and labels differ, or a label has no name.
  public init(pixels: Tensor, labels: [Int32], classNames: [String]) throws(DatasetError) {
    guard pixels.dataType == .uint8, pixels.shape.rank == 4 else {
      throw DatasetError(
        .mismatch, "pictures: expected uint8[count, height, width, channels], got \(pixels.type)")
    }
    guard pixels.shape[0] == labels.count else {
      throw DatasetError(
        .mismatch,
        "labels: expected one for each of \(pixels.shape[0]) pictures, got \(labels.count)")
    }
    if let wrong = labels.firstIndex(where: { !(0..<Int32(classNames.count)).contains($0) }) {
      throw DatasetError(
        .mismatch,
        "label \(wrong): expected a class in 0..<\(classNames.count), got \(labels[wrong])")
    }
    self.init(checked: pixels, labels, classNames)
  }

  private init(checked pixels: Tensor, _ labels: [Int32], _ classNames: [String]) {
    self.pixels = pixels
    self.labels = labels
    self.classNames = classNames
  }

  /// The number of pictures.
  public var count: Int { labels.count }
  /// Rows of a picture.
  public var height: Int { pixels.shape[1] }
  /// Columns of a picture.
  public var width: Int { pixels.shape[2] }
  /// Numbers of a pixel.
  public var channels: Int { pixels.shape[3] }

  /// The CRC-32 of pixels and labels: another one where the data are others.
  package var checksum: UInt32 {
    Checksum.of([("labels", Tensor(labels)), ("pixels", pixels)])
  }

  /// The first `limit` pictures, or all where there are fewer.
  public func limited(to limit: Int) -> ImageClassificationData {
    let kept = min(max(limit, 0), count)
    guard kept < count else { return self }
    return ImageClassificationData(checked: pixels[0..<kept], Array(labels[..<kept]), classNames)
  }

  /// The pictures of these indices, in their order.
  ///
  /// - Precondition: every index is below ``count``.
  public func selecting(_ indices: [Int]) -> ImageClassificationData {
    let size = height * width * channels
    let selected = Tensor(TensorType([indices.count, height, width, channels], .uint8)) { target in
      pixels.withBytes { source in
        for (place, index) in indices.enumerated() {
          precondition(0..<count ~= index, "picture \(index) of \(count)")
          UnsafeMutableRawBufferPointer(rebasing: target[place * size..<(place + 1) * size])
            .copyMemory(
              from: UnsafeRawBufferPointer(rebasing: source[index * size..<(index + 1) * size]))
        }
      }
    }
    return ImageClassificationData(checked: selected, indices.map { labels[$0] }, classNames)
  }

  /// Two parts without common pictures; which go where depends on the seed alone.
  ///
  /// The part held out has `fraction` of the pictures, rounded to a whole number; both keep the
  /// order of the data.
  public func split(
    holdingOut fraction: Double, seed: UInt64
  ) throws(DatasetError) -> (rest: ImageClassificationData, heldOut: ImageClassificationData) {
    guard 0...1 ~= fraction else {
      throw DatasetError(.setting, "held-out part: expected a fraction in 0...1, got \(fraction)")
    }
    let order = randomPermutation(
      of: count, seed: seed, epoch: 0, purpose: StreamPurpose.split
    ).map { Int($0) }
    let size = Int((Double(count) * fraction).rounded())
    return (selecting(order[size...].sorted()), selecting(order[..<size].sorted()))
  }
}
