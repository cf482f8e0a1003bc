import ApusNumerics
import Glibc

/// Which random changes pictures get when they are learnt from, in pixels of the stored picture.
///
/// What an example gets depends on the seed, the epoch and its own index alone: each change draws
/// from a stream of its own, so switching one on does not move another, and threads do not matter.
public struct Augmentation: Sendable, Hashable {
  /// The probability that left and right change places.
  public var flipProbability: Double
  /// Pictures move by up to so many pixels along each axis; what comes in is 0.
  ///
  /// The same as padding by so many zeros and cropping at random.
  public var shift: Int
  /// The rectangle that is covered, if any.
  public var erasing: Erasing?
  /// How changed pictures are blended with others, if they are.
  public var mixing: Mixing?

  /// No change unless said otherwise.
  public init(
    flipProbability: Double = 0, shift: Int = 0, erasing: Erasing? = nil, mixing: Mixing? = nil
  ) {
    self.flipProbability = flipProbability
    self.shift = shift
    self.erasing = erasing
    self.mixing = mixing
  }

  /// Pictures as they are.
  public static let none = Augmentation()
  /// Every other picture mirrored.
  public static let flips = Augmentation(flipProbability: 0.5)

  /// A rectangle covered with mid-grey, 0 after normalization.
  ///
  /// Reference: Zhong, Zheng, Kang, Li, Yang (2020), "Random erasing data augmentation", AAAI 34.
  public struct Erasing: Sendable, Hashable {
    /// The probability that a picture loses a rectangle.
    public var probability: Double
    /// The part of the picture it covers.
    public var area: ClosedRange<Double>
    /// The greatest ratio of its sides.
    public var aspect: Double

    /// Half of the pictures lose 2 to 20 %, as in the reference's middle setting.
    public init(
      probability: Double = 0.5, area: ClosedRange<Double> = 0.02...0.2, aspect: Double = 3
    ) {
      self.probability = probability
      self.area = area
      self.aspect = aspect
    }
  }

  /// The pictures of a batch blended in pairs, and their labels with them: `λ·a + (1 − λ)·b`.
  ///
  /// One `λ`, drawn from Beta(α, α), serves a batch; its first picture is blended with its last and so on.
  ///
  /// Reference: Zhang, Cissé, Dauphin, Lopez-Paz (2018), "mixup: beyond empirical risk minimization", ICLR.
  public struct Mixing: Sendable, Hashable {
    /// `α`: small ones leave most batches nearly as they are, 1 takes every blend alike.
    public var concentration: Double

    public init(concentration: Double = 0.2) { self.concentration = concentration }

    /// `λ` of a batch.
    func share(seed: UInt64, epoch: Int, batch: Int) -> Float {
      var draws = PhiloxStream(
        seed: seed, purpose: StreamPurpose.mixing, epoch: UInt32(epoch), index: UInt64(batch))
      return Float(draws.symmetricBeta(concentration: concentration))
    }
  }

  /// Refuses settings without meaning.
  func check() throws(DatasetError) {
    if let mixing, !(mixing.concentration > 0 && mixing.concentration <= 1) {
      throw DatasetError(
        .setting,
        "augmentation: expected a concentration above 0 and at most 1, got "
          + "\(mixing.concentration)")
    }
    guard 0...1 ~= flipProbability, 0...1024 ~= shift else {
      throw DatasetError(
        .setting,
        "augmentation: expected a flip probability in 0...1 and a shift in 0...1024, got "
          + "\(flipProbability) and \(shift)")
    }
    guard let erasing else { return }
    guard 0...1 ~= erasing.probability, erasing.area.lowerBound >= 0, erasing.area.upperBound <= 1,
      erasing.aspect >= 1, erasing.aspect.isFinite
    else {
      throw DatasetError(
        .setting,
        "augmentation: expected a probability and areas in 0...1 and an aspect of at least 1, got "
          + "\(erasing.probability), \(erasing.area) and \(erasing.aspect)")
    }
  }
}

/// Which changes pictures get in which epoch.
///
/// The last epochs may change less than those before: what a model has learnt from changed pictures it
/// then fits to pictures as they will come.
public struct AugmentationSchedule: Sendable, Hashable {
  /// The changes of the first epochs.
  public var augmentation: Augmentation
  /// The changes of the last epochs.
  public var ending: Augmentation
  /// The first epoch with the changes of the last ones, from 0.
  public var endingEpoch: Int

  /// - Parameters:
  ///   - augmentation: the changes before `endingEpoch`.
  ///   - ending: the changes from there on.
  public init(_ augmentation: Augmentation, then ending: Augmentation, fromEpoch endingEpoch: Int) {
    self.augmentation = augmentation
    self.ending = ending
    self.endingEpoch = endingEpoch
  }

  /// The same changes in every epoch.
  public init(_ augmentation: Augmentation) {
    self.init(augmentation, then: augmentation, fromEpoch: .max)
  }

  /// Pictures as they are.
  public static let none = AugmentationSchedule(.none)
  /// Every other picture mirrored, in every epoch.
  public static let flips = AugmentationSchedule(.flips)

  /// Whether pictures are blended in some epoch.
  var mixes: Bool { augmentation.mixing != nil || ending.mixing != nil }

  subscript(epoch: Int) -> Augmentation { epoch < endingEpoch ? augmentation : ending }

  /// Refuses settings without meaning.
  func check() throws(DatasetError) {
    try augmentation.check()
    try ending.check()
  }
}

/// The changes one example gets in one epoch: moved, then mirrored, then covered.
package struct PictureChange: Sendable, Hashable {
  package var isFlipped = false
  /// Rows it moves down.
  package var down = 0
  /// Columns it moves to the right.
  package var right = 0
  /// The covered rows and columns of the result.
  package var covered: (rows: Range<Int>, columns: Range<Int>) {
    (coveredRows, coveredColumns)
  }
  private var coveredRows = 0..<0
  private var coveredColumns = 0..<0

  /// No change.
  package init() {}

  /// What `augmentation` does to an example of `height × width` pixels.
  package init(
    _ augmentation: Augmentation, seed: UInt64, epoch: UInt32, example: UInt64, height: Int,
    width: Int
  ) {
    func stream(_ purpose: UInt32) -> PhiloxStream {
      PhiloxStream(seed: seed, purpose: purpose, epoch: epoch, index: example)
    }
    if augmentation.flipProbability > 0 {
      var draws = stream(StreamPurpose.flip)
      isFlipped = draws.happens(withProbability: augmentation.flipProbability)
    }
    if augmentation.shift > 0 {
      var draws = stream(StreamPurpose.shift)
      down = draws.uniformInteger(below: 2 * augmentation.shift + 1) - augmentation.shift
      right = draws.uniformInteger(below: 2 * augmentation.shift + 1) - augmentation.shift
    }
    guard let erasing = augmentation.erasing else { return }
    var draws = stream(StreamPurpose.erasing)
    guard draws.happens(withProbability: erasing.probability) else { return }
    let area = draws.uniform(from: erasing.area.lowerBound, to: erasing.area.upperBound)
    // The ratio of the sides is uniform on a logarithmic scale: tall is as likely as wide.
    let exponent = draws.uniform(from: -1, to: 1)
    let ratio = pow(erasing.aspect, exponent)
    let size = (area * Double(height * width)).squareRoot()
    let rows = Int(min((size * ratio.squareRoot()).rounded(), Double(height)))
    let columns = Int(min((size / ratio.squareRoot()).rounded(), Double(width)))
    let top = draws.uniformInteger(below: height - rows + 1)
    let left = draws.uniformInteger(below: width - columns + 1)
    coveredRows = top..<top + rows
    coveredColumns = left..<left + columns
  }
}
