import ApusDatasets
import ApusNumerics
import ApusTensors
import ApusTestSupport
import Testing

@Suite struct PictureRendererTests {
  /// The plain loop that defines a rendered picture.
  func reference(
    _ pixels: [UInt8], _ change: PictureChange, height: Int, width: Int, channels: Int, side: Int,
    outputChannels: Int
  ) -> [Double] {
    func placed(_ row: Int, _ column: Int, _ channel: Int) -> Double {
      if change.covered.rows.contains(row), change.covered.columns.contains(column) { return 0 }
      let fromRow = row - change.down
      let fromColumn = (change.isFlipped ? width - 1 - column : column) - change.right
      guard 0..<height ~= fromRow, 0..<width ~= fromColumn else { return -1 }
      return Double(pixels[(fromRow * width + fromColumn) * channels + channel]) / 127.5 - 1
    }
    let rows = BilinearTable(from: height, to: side)
    let columns = BilinearTable(from: width, to: side)
    func mix(_ a: Double, _ b: Double, _ weight: Float) -> Double { a + Double(weight) * (b - a) }
    return (0..<side * side * outputChannels).map { index in
      let channel = channels == 1 ? 0 : index % outputChannels
      let column = index / outputChannels % side
      let row = index / outputChannels / side
      let (left, right) = (columns.first[column], columns.second[column])
      let upper = mix(
        placed(rows.first[row], left, channel), placed(rows.first[row], right, channel),
        columns.weight[column])
      let lower = mix(
        placed(rows.second[row], left, channel), placed(rows.second[row], right, channel),
        columns.weight[column])
      return mix(upper, lower, rows.weight[row])
    }
  }

  @Test(arguments: [
    (5, 7, 1, 11, 3), (6, 6, 1, 6, 3), (6, 6, 1, 6, 1), (4, 6, 3, 9, 3), (8, 5, 1, 3, 4),
    (6, 6, 3, 6, 3),
  ])
  func rendersAsThePlainLoop(height: Int, width: Int, channels: Int, side: Int, outputs: Int) {
    let renderer = PictureRenderer(
      height: height, width: width, channels: channels, side: side, outputChannels: outputs)
    let strong = Augmentation(
      flipProbability: 0.5, shift: 2, erasing: .init(probability: 0.5, area: 0.1...0.4))
    for example in 0..<40 {
      var stream = PhiloxStream(seed: 3, purpose: 1, index: UInt64(example))
      let pixels = (0..<height * width * channels).map { _ in
        UInt8(truncatingIfNeeded: stream.nextWord())
      }
      let change =
        example == 0
        ? PictureChange()
        : PictureChange(
          strong, seed: 5, epoch: 0, example: UInt64(example), height: height, width: width)
      var rendered = [Float](repeating: .nan, count: renderer.outputCount)
      renderer.render(pixels, change, into: &rendered)
      let expected = reference(
        pixels, change, height: height, width: width, channels: channels, side: side,
        outputChannels: outputs)
      #expect(largestDifference(rendered, expected) < 1e-6, "example \(example)")
    }
  }

  @Test func inputsForPredictionAreTheSamePictures() throws {
    let pixels = Tensor([0, 255, 51, 204] as [UInt8], shape: [1, 2, 2, 1])
    let input = try PictureRenderer.input(from: pixels, side: 2, channels: 3)
    #expect(input.type == TensorType([1, 2, 2, 3]))
    let expected: [Float] = [-1, 1, -0.6, 0.6]
    for (index, value) in input.scalars(as: Float.self).enumerated() {
      #expect(abs(value - expected[index / 3]) < 1e-6)
    }
    #expect(
      sentence { try PictureRenderer.input(from: pixels[0], side: 2, channels: 3) }
        == "pictures: expected uint8[count, height, width, 1 or 3], got uint8[2, 2, 1]")
  }
}
