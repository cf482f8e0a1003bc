import ApusTensors

/// The tensors of one step and where in the training they belong.
///
/// A value: keeping one keeps its numbers, at the price of a copy when its memory would be used
/// again.
public struct Batch: Sendable {
  /// What the step takes, as in images and labels; the outermost axis is the example.
  public var tensors: [Tensor]
  /// The examples that count; in a padded batch the rows after them are zeros.
  public var count: Int
  /// The epoch, from 0.
  public var epoch: Int
  /// The place in the epoch, from 0.
  public var index: Int

  /// A batch of these tensors.
  public init(_ tensors: [Tensor], count: Int, epoch: Int = 0, index: Int = 0) {
    self.tensors = tensors
    self.count = count
    self.epoch = epoch
    self.index = index
  }
}

/// Where batches come from; each is a function of its epoch and index, so any can be made first.
public protocol BatchSource: AnyObject, Sendable {
  /// The batches of an epoch.
  var batchCount: Int { get }
  /// A batch to be filled.
  func makeBatch() -> Batch
  /// Makes `batch` the one of an epoch and an index, in the memory it has.
  func fill(_ batch: inout Batch, epoch: Int, index: Int) throws
}
