import ApusNumerics
import ApusTensors
import Synchronization

/// Batches of pictures and labels: shuffled, augmented, resized.
///
/// A batch has two tensors: images, `float32[batch, side, side, channels]` within −1…1, and labels,
/// `int32[batch]`, or `float32[batch, classes]` where an augmentation blends pictures.
public final class ImageBatches: BatchSource {
  /// What happens to the examples that do not fill the last batch.
  public enum LastBatch: Sendable, Hashable {
    /// They sit this epoch out; shuffling chooses others in the next. For training.
    case dropped
    /// They come in a batch of the full shape, followed by zeros; its `count` says how many they
    /// are.
    case padded
    /// They come in a batch of their own, shorter shape.
    case short
  }

  /// In which order examples come.
  public enum Order: Sendable, Hashable {
    case stored
    /// Another order in each epoch; it and the augmentation depend on the seed.
    case shuffled(seed: UInt64)
  }

  /// The pictures.
  public let data: ImageClassificationData
  public let batchSize: Int
  public let lastBatch: LastBatch
  public let batchCount: Int
  private let order: Order
  private let augmentation: AugmentationSchedule
  /// Whether the mirror images of a batch's pictures follow them.
  private let isMirrored: Bool
  private let inputType: TensorType
  private let state: Mutex<State>

  /// What is kept between batches of one epoch; only one batch is filled at a time.
  private struct State: ~Copyable, @unchecked Sendable {
    var renderer: PictureRenderer
    var epoch = -1
    var examples: [UInt32] = []
  }

  /// Batches of `data`, in the stored order and unchanged unless said otherwise.
  ///
  /// - Parameters:
  ///   - side: the height and width of the images; the pictures' own height where nil.
  ///   - channels: the channels of the images; a grey picture is repeated in each.
  ///   - augmentation: how the images are changed; only shuffled ones are, whose seed gives the changes.
  ///   - lastBatch: what becomes of examples that do not fill a batch; unless said otherwise they are left
  ///     out, which is for training.
  ///   - isMirrored: whether a batch holds its `batchSize` pictures, as changed, and then the mirror images
  ///     of all of them in the same order; for batches that are never partial.
  /// - Throws: `DatasetError` where a setting has no meaning or no batch would come out.
  public init(
    of data: ImageClassificationData, batchSize: Int, side: Int? = nil, channels: Int = 3,
    order: Order = .stored, augmentation: AugmentationSchedule = .none,
    lastBatch: LastBatch = .dropped, isMirrored: Bool = false
  ) throws(DatasetError) {
    let side = side ?? data.height
    guard 1...65536 ~= batchSize, 1...4096 ~= side, 1...64 ~= channels else {
      throw DatasetError(
        .setting,
        "batches: expected a batch size in 1...65536, a side in 1...4096 and channels in 1...64, "
          + "got \(batchSize), \(side) and \(channels)")
    }
    guard data.channels == channels || data.channels == 1, data.height > 0, data.width > 0 else {
      throw DatasetError(
        .mismatch,
        "batches: expected pictures of 1 or \(channels) channels, got \(data.pixels.type)")
    }
    guard !isMirrored || lastBatch == .dropped else {
      throw DatasetError(.setting, "batches: mirror images follow whole batches only")
    }
    try augmentation.check()
    guard order != .stored || augmentation == .none else {
      throw DatasetError(
        .setting,
        "batches: expected a shuffled order with changes of the images, got the stored one")
    }
    batchCount =
      lastBatch == .dropped ? data.count / batchSize : (data.count + batchSize - 1) / batchSize
    guard batchCount > 0 else {
      throw DatasetError(
        .mismatch,
        "batches: expected at least \(lastBatch == .dropped ? batchSize : 1) examples, "
          + "got \(data.count)")
    }
    (self.data, self.batchSize, self.lastBatch) = (data, batchSize, lastBatch)
    (self.order, self.augmentation, self.isMirrored) = (order, augmentation, isMirrored)
    inputType = TensorType([batchSize, side, side, channels])
    state = Mutex(
      State(
        renderer: PictureRenderer(
          height: data.height, width: data.width, channels: data.channels, side: side,
          outputChannels: channels)))
  }

  /// Pictures as batches have them, unchanged: what a model that was trained on batches takes.
  ///
  /// - Parameter pixels: `uint8[count, height, width, channels]`, grey or of as many channels as asked for.
  /// - Returns: `float32[count, side, side, channels]`.
  /// - Throws: `DatasetError` where the pixels are not that.
  public static func input(
    from pixels: Tensor, side: Int, channels: Int = 3
  ) throws(DatasetError) -> Tensor {
    try PictureRenderer.input(from: pixels, side: side, channels: channels)
  }

  /// The rows of a whole batch: its pictures, and their mirror images where those follow.
  public var rowCount: Int { isMirrored ? 2 * batchSize : batchSize }

  public func makeBatch() -> Batch {
    batch(of: lastBatch == .short ? min(batchSize, data.count) : rowCount)
  }

  public func fill(_ batch: inout Batch, epoch: Int, index: Int) {
    precondition(0..<batchCount ~= index, "batch \(index) of \(batchCount)")
    let start = index * batchSize
    let count = min(batchSize, data.count - start)
    let rows = lastBatch == .short ? count : rowCount
    let types = types(of: rows)
    if batch.tensors.count != 2 || batch.tensors[0].type != types.images
      || batch.tensors[1].type != types.labels
    {
      batch = self.batch(of: rows)
    }
    (batch.count, batch.epoch, batch.index) = (isMirrored ? rows : count, epoch, index)
    state.withLock { state in
      prepare(&state, epoch: epoch)
      render(start..<start + count, into: &batch, state)
    }
  }

  private func batch(of rows: Int) -> Batch {
    let (images, labels) = types(of: rows)
    return Batch([Tensor(zeros: images), Tensor(zeros: labels)], count: rows)
  }

  private func types(of rows: Int) -> (images: TensorType, labels: TensorType) {
    (
      TensorType(Shape([rows] + inputType.shape.extents.dropFirst())),
      blends ? TensorType([rows, data.classNames.count]) : TensorType([rows], .int32)
    )
  }

  /// Whether pictures are blended in some epoch, so that labels are distributions in all.
  private var blends: Bool { augmentation.mixes }

  /// Settles the order of an epoch.
  private func prepare(_ state: inout State, epoch: Int) {
    guard state.epoch != epoch else { return }
    switch order {
    case .stored:
      if state.examples.isEmpty { state.examples = Array(0..<UInt32(data.count)) }
    case .shuffled(let seed):
      state.examples = randomPermutation(of: data.count, seed: seed, epoch: UInt32(epoch))
    }
    state.epoch = epoch
  }

  private func render(_ places: Range<Int>, into batch: inout Batch, _ state: borrowing State) {
    let renderer = state.renderer
    let size = data.height * data.width * data.channels
    let mixing = mixing(of: batch)
    batch.tensors[0].withMutableElements(as: Float.self) { images in
      data.pixels.withElements(as: UInt8.self) { pixels in
        guard let to = images.baseAddress, let from = pixels.baseAddress else { return }
        for (row, place) in places.enumerated() {
          let example = Int(state.examples[place])
          renderer.render(
            from + example * size, change(of: example, epoch: batch.epoch),
            into: to + row * renderer.outputCount)
        }
        let rows = BatchRows(start: to, count: places.count, size: renderer.outputCount)
        if let mixing { rows.mix(mixing) }
        if isMirrored { rows.mirror(side: renderer.side) }
        let filled = (isMirrored ? 2 : 1) * places.count * renderer.outputCount
        (to + filled).update(repeating: 0, count: images.count - filled)
      }
    }
    label(places, of: &batch, mixing, state)
  }

  /// The share that the first of two blended pictures has in a batch, where they are blended.
  private func mixing(of batch: Batch) -> Float? {
    guard case .shuffled(let seed) = order else { return nil }
    return augmentation[batch.epoch].mixing?.share(
      seed: seed, epoch: batch.epoch, batch: batch.index)
  }

  private func label(
    _ places: Range<Int>, of batch: inout Batch, _ mixing: Float?, _ state: borrowing State
  ) {
    guard blends else {
      batch.tensors[1].withMutableElements(as: Int32.self) { labels in
        for row in labels.indices {
          let place = row % batchSize
          labels[row] =
            place < places.count ? data.labels[Int(state.examples[places.lowerBound + place])] : 0
        }
      }
      return
    }
    let classes = data.classNames.count
    batch.tensors[1].withMutableElements(as: Float.self) { labels in
      guard let to = labels.baseAddress else { return }
      labels.update(repeating: 0)
      for (row, place) in places.enumerated() {
        to[row * classes + Int(data.labels[Int(state.examples[place])])] = 1
      }
      let rows = BatchRows(start: to, count: places.count, size: classes)
      if let mixing { rows.mix(mixing) }
      if isMirrored { rows.repeatAll() }
    }
  }

  private func change(of example: Int, epoch: Int) -> PictureChange {
    let changes = augmentation[epoch]
    guard case .shuffled(let seed) = order, changes != .none else { return PictureChange() }
    return PictureChange(
      changes, seed: seed, epoch: UInt32(epoch), example: UInt64(example),
      height: data.height, width: data.width)
  }
}
