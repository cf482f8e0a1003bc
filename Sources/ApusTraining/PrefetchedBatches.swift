import ApusDatasets
import ApusTensors

/// Batches of a data set for a trainer, made ahead of their use on a thread of their own.
public struct PrefetchedBatches: TrainingSource {
  private let source: any ApusDatasets.BatchSource
  private let lookAhead: Int

  /// The batches of `source`, at most `lookAhead` of them made before they are asked for.
  public init(_ source: any ApusDatasets.BatchSource, lookAhead: Int = 4) {
    self.source = source
    self.lookAhead = lookAhead
  }

  public var batchTypes: [TensorType] { source.makeBatch().tensors.map(\.type) }

  public var batchesPerEpoch: Int { source.batchCount }

  public func batches(ofEpoch epoch: Int, skipping count: Int) throws -> any BatchCursor {
    PrefetchedCursor(
      try Prefetcher(source, epochs: epoch..<epoch + 1, startingAt: count, lookAhead: lookAhead))
  }
}

/// The batches of one epoch as their thread makes them.
private final class PrefetchedCursor: BatchCursor {
  private let prefetcher: Prefetcher

  init(_ prefetcher: Prefetcher) { self.prefetcher = prefetcher }

  /// The rows of a batch that count: what a padded one ends with is no example.
  func next() throws -> [Tensor]? {
    guard let batch = try prefetcher.next() else { return nil }
    return try batch.tensors.map { tensor in
      tensor.shape.extents.first ?? 0 > batch.count
        ? try tensor.sliced([.from(0, to: batch.count, by: 1)]) : tensor
    }
  }
}
