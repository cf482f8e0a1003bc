import ApusTensors

/// Where batches come from: a pure function of epoch and position.
///
/// A batch is a list of two tensors, inputs and targets, with the examples along the first axis of both.
/// One epoch gives the same batches each time it is asked for, so that a resumed run sees what an
/// uninterrupted one would have seen.
public protocol TrainingSource: Sendable {
  /// The types of a whole batch.
  var batchTypes: [TensorType] { get }

  /// The batches in an epoch, the last partial one included.
  var batchesPerEpoch: Int { get }

  /// The batches of an epoch, without the first `count`; the first epoch is 0.
  func batches(ofEpoch epoch: Int, skipping count: Int) throws -> any BatchCursor
}

/// The batches of one epoch, one after the other.
public protocol BatchCursor: AnyObject {
  /// The next batch, or nil after the last.
  func next() throws -> [Tensor]?
}
