import ApusDatasets
import ApusTensors
import Testing

/// Batches whose pictures are blended, or followed by their mirror images.
@Suite struct MixedBatchesTests {
  let data: ImageClassificationData

  init() throws { data = try countingData(24, height: 3, width: 4, classes: 24) }

  private func batch(
    _ augmentation: Augmentation, size: Int = 6, epoch: Int = 0, isMirrored: Bool = false
  ) throws -> Batch {
    let batches = try ImageBatches(
      of: data, batchSize: size, side: 8, order: .shuffled(seed: 4),
      augmentation: .init(augmentation), isMirrored: isMirrored)
    var batch = batches.makeBatch()
    batches.fill(&batch, epoch: epoch, index: 1)
    return batch
  }

  @Test(arguments: [6, 5])
  func picturesAndLabelsAreBlendedAlike(size: Int) throws {
    let plain = try batch(.none, size: size)
    let mixed = try batch(Augmentation(mixing: .init(concentration: 1)), size: size)
    #expect(mixed.tensors[1].type == TensorType([size, 24]))
    let classes = plain.tensors[1].scalars(as: Int32.self).map { Int($0) }
    let labels = mixed.tensors[1].scalars(as: Float.self)
    let share = labels[classes[0]]
    #expect(share > 0.001 && share < 0.999)
    let (pictures, blended) = (plain.tensors[0].doubles, mixed.tensors[0].doubles)
    for row in 0..<size {
      let other = size - 1 - row
      var expected = [Float](repeating: 0, count: 24)
      expected[classes[row]] += share
      expected[classes[other]] += 1 - share
      let isAlone = row == other
      for (label, number) in zip(labels[row * 24..<(row + 1) * 24], expected) {
        #expect(abs(label - number) < 1e-6)
      }
      for index in 0..<8 * 8 * 3 {
        let (own, second) = (pictures[row * 192 + index], pictures[other * 192 + index])
        let mean = isAlone ? own : Double(share) * own + Double(1 - share) * second
        #expect(abs(blended[row * 192 + index] - mean) < 1e-6)
      }
    }
  }

  @Test func everyBatchHasAShareOfItsOwnThatFollowsFromItsPlace() throws {
    let mixing = Augmentation(mixing: .init(concentration: 1))
    let shares = try (0..<8).map { epoch in
      try #require(batch(mixing, epoch: epoch).tensors[1].scalars(as: Float.self)[..<24].max())
    }
    #expect(Set(shares).count == 8)
    for epoch in [0, 5] {
      let (first, second) = (try batch(mixing, epoch: epoch), try batch(mixing, epoch: epoch))
      #expect(first.tensors[0].hasSameBits(as: second.tensors[0]))
      #expect(first.tensors[1] == second.tensors[1])
    }
  }

  @Test func labelsStayDistributionsWhereBlendingHasEnded() throws {
    let batches = try ImageBatches(
      of: data, batchSize: 6, order: .shuffled(seed: 4),
      augmentation: .init(Augmentation(mixing: .init()), then: .none, fromEpoch: 1))
    var batch = batches.makeBatch()
    batches.fill(&batch, epoch: 1, index: 0)
    #expect(batch.tensors[1].type == TensorType([6, 24]))
    let labels = batch.tensors[1].scalars(as: Float.self)
    #expect(labels.filter { $0 == 1 }.count == 6 && labels.filter { $0 == 0 }.count == 6 * 23)
  }

  @Test func mirrorImagesFollowTheirPictures() throws {
    let changes = Augmentation(shift: 1, erasing: .init())
    for changes in [changes, Augmentation(shift: 1, mixing: .init(concentration: 1))] {
      let (alone, both) = (try batch(changes), try batch(changes, isMirrored: true))
      #expect(both.count == 12)
      #expect(both.tensors[0].shape == [12, 8, 8, 3])
      #expect(both.tensors[0][0..<6] == alone.tensors[0])
      #expect(both.tensors[1][0..<6] == alone.tensors[1])
      #expect(both.tensors[1][6..<12] == alone.tensors[1])
      let (pictures, mirrored) = (alone.tensors[0].doubles, both.tensors[0][6..<12].doubles)
      for index in pictures.indices {
        let (pixel, channel) = (index / 3, index % 3)
        let (row, column) = (pixel / 8, pixel % 8)
        #expect(mirrored[(row * 8 + 7 - column) * 3 + channel] == pictures[index])
      }
    }
  }

  @Test func settingsWithoutMeaningAreRefused() throws {
    #expect(
      sentence { try batch(Augmentation(mixing: .init(concentration: 1.5))) }
        == "augmentation: expected a concentration above 0 and at most 1, got 1.5")
    #expect(
      sentence { try ImageBatches(of: data, batchSize: 5, lastBatch: .short, isMirrored: true) }
        == "batches: mirror images follow whole batches only")
  }
}
