import ApusDatasets
import ApusTensors
import Testing

@Suite struct ImageBatchesTests {
  /// The labels of every batch of an epoch.
  func labels(_ batches: ImageBatches, epoch: Int) -> [[Int32]] {
    var batch = batches.makeBatch()
    return (0..<batches.batchCount).map { index in
      batches.fill(&batch, epoch: epoch, index: index)
      return Array(batch.tensors[1].scalars(as: Int32.self)[..<batch.count])
    }
  }

  @Test func trainingTakesFullBatchesOfEveryEpochsOwnOrder() throws {
    let data = try countingData(11, height: 2, width: 2, classes: 11)
    let batches = try ImageBatches(of: data, batchSize: 4, order: .shuffled(seed: 3))
    #expect(batches.batchCount == 2)
    let first = labels(batches, epoch: 0)
    #expect(first.map(\.count) == [4, 4])
    #expect(Set(first.joined()).count == 8)
    #expect(labels(batches, epoch: 1) != first)
    #expect(labels(batches, epoch: 0) == first)
    let all = (0..<20).flatMap { labels(batches, epoch: $0).joined() }
    #expect(Set(all).count == 11)
  }

  @Test func evaluationTakesEveryExampleOnce() throws {
    let data = try countingData(10, height: 2, width: 2)
    for last in [ImageBatches.LastBatch.padded, .short] {
      let batches = try ImageBatches(of: data, batchSize: 4, lastBatch: last)
      #expect(labels(batches, epoch: 0) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
      var batch = batches.makeBatch()
      batches.fill(&batch, epoch: 0, index: 1)
      batches.fill(&batch, epoch: 0, index: 2)
      let rows = last == .padded ? 4 : 2
      #expect(
        batch.tensors.map(\.type) == [TensorType([rows, 2, 2, 3]), TensorType([rows], .int32)])
      #expect(batch.count == 2)
      if last == .padded {
        #expect(batch.tensors[0][2...] == Tensor(zeros: TensorType([2, 2, 2, 3])))
        #expect(batch.tensors[1].scalars(as: Int32.self) == [8, 9, 0, 0])
      }
      batches.fill(&batch, epoch: 1, index: 0)
      #expect(batch.tensors[0].shape == [4, 2, 2, 3])
    }
  }

  @Test func imagesAreTheLabelledPictures() throws {
    let data = try countingData(12, height: 3, width: 3, classes: 12)
    let batches = try ImageBatches(of: data, batchSize: 5, side: 6, order: .shuffled(seed: 1))
    var batch = batches.makeBatch()
    batches.fill(&batch, epoch: 2, index: 1)
    #expect((batch.epoch, batch.index, batch.count) == (2, 1, 5))
    for (row, label) in batch.tensors[1].scalars(as: Int32.self).enumerated() {
      let picture = data.pixels[Int(label)..<Int(label) + 1]
      let expected = try PictureRenderer.input(from: picture, side: 6, channels: 3)
      #expect(batch.tensors[0][row..<row + 1] == expected)
    }
  }

  @Test func aBatchIsAFunctionOfItsPlace() throws {
    let data = try countingData(40, height: 4, width: 4)
    func make() throws -> ImageBatches {
      try ImageBatches(
        of: data, batchSize: 8, side: 8, order: .shuffled(seed: 9),
        augmentation: .init(Augmentation(flipProbability: 0.5, shift: 1, erasing: .init())))
    }
    let (one, other) = (try make(), try make())
    var (first, second) = (one.makeBatch(), other.makeBatch())
    for (epoch, index) in [(0, 0), (0, 3), (5, 2)] {
      one.fill(&first, epoch: epoch, index: index)
      other.fill(&second, epoch: 1, index: 4)
      other.fill(&second, epoch: epoch, index: index)
      #expect(first.tensors[0].hasSameBits(as: second.tensors[0]))
      #expect(first.tensors[1] == second.tensors[1])
    }
  }

  @Test func theLastEpochsHaveChangesOfTheirOwn() throws {
    let data = try countingData(12, height: 4, width: 4)
    func pictures(_ augmentation: AugmentationSchedule, epoch: Int) throws -> Tensor {
      let batches = try ImageBatches(
        of: data, batchSize: 12, order: .shuffled(seed: 3), augmentation: augmentation)
      var batch = batches.makeBatch()
      batches.fill(&batch, epoch: epoch, index: 0)
      return batch.tensors[0]
    }
    let moved = Augmentation(flipProbability: 0.5, shift: 1)
    let phases = AugmentationSchedule(moved, then: .flips, fromEpoch: 2)
    for epoch in 0..<4 {
      let expected = try pictures(epoch < 2 ? .init(moved) : .flips, epoch: epoch)
      #expect(try pictures(phases, epoch: epoch) == expected)
      #expect(try pictures(.init(moved), epoch: epoch) != pictures(.flips, epoch: epoch))
    }
  }

  @Test func aKeptBatchKeepsItsNumbers() throws {
    let data = try countingData(8, height: 2, width: 2)
    let batches = try ImageBatches(of: data, batchSize: 4)
    var batch = batches.makeBatch()
    batches.fill(&batch, epoch: 0, index: 0)
    let kept = batch
    batches.fill(&batch, epoch: 0, index: 1)
    #expect(kept.tensors[1].scalars(as: Int32.self) == [0, 1, 2, 3])
    #expect(batch.tensors[1].scalars(as: Int32.self) == [4, 5, 6, 7])
  }

  @Test func settingsWithoutMeaningAreRefused() throws {
    let data = try countingData(3, height: 2, width: 2)
    #expect(
      sentence { try ImageBatches(of: data, batchSize: 4) }
        == "batches: expected at least 4 examples, got 3")
    #expect(
      sentence { try ImageBatches(of: data, batchSize: 0) }.hasPrefix(
        "batches: expected a batch size"))
    #expect(
      sentence {
        try ImageBatches(
          of: data, batchSize: 1, augmentation: .init(Augmentation(flipProbability: 2)))
      }
        == "augmentation: expected a flip probability in 0...1 and a shift in 0...1024, "
        + "got 2.0 and 0"
    )
    let empty = data.limited(to: 0)
    #expect(
      sentence { try ImageBatches(of: empty, batchSize: 1, lastBatch: .short) }
        == "batches: expected at least 1 examples, got 0")
  }

  @Test func onlyShuffledImagesAreChanged() throws {
    let data = try countingData(4, height: 2, width: 2, classes: 4)
    #expect(
      sentence { try ImageBatches(of: data, batchSize: 2, augmentation: .flips) }
        == "batches: expected a shuffled order with changes of the images, got the stored one")
  }

  /// A batch that another size was made for is made anew.
  @Test func batchesOfOtherSizesAreNotWrittenInto() throws {
    let data = try countingData(4, height: 2, width: 2, classes: 4)
    var batch = try ImageBatches(of: data, batchSize: 2, side: 2).makeBatch()
    try ImageBatches(of: data, batchSize: 2, side: 8).fill(&batch, epoch: 0, index: 1)
    #expect(batch.tensors[0].shape == [2, 8, 8, 3])
    #expect(batch.tensors[1].scalars() == [2, 3] as [Int32])
    let input = try ImageBatches.input(from: data.pixels[2..<4], side: 8)
    #expect(input == batch.tensors[0])
  }
}
