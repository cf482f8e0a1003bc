import ApusGraph
import ApusLayers
import ApusTensors
import Testing

@Suite struct UpSamplingTests {
  @Test func repeatsEachPixel() throws {
    let input = Tensor([1, 2, 3, 4] as [Float], shape: [1, 1, 2, 2])
    let found = try LayerRun(UpSampling2D(Size2D(height: 2, width: 3)), on: input).output
    #expect(found.shape == [1, 2, 6, 2])
    let row: [Double] = [1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]
    #expect(found.doubles == row + row)
  }

  @Test func refusesAFactorOfNone() {
    let error = #expect(throws: GraphError.self) {
      try traced(UpSampling2D(0), [1, 2, 2, 1])
    }
    #expect(error?.description.contains("upSampling2D") == true)
  }

  @Test func refusesMorePixelsThanThereCanBe() {
    let factor = Size2D(height: 1 << 62, width: 1)
    let error = #expect(throws: GraphError.self) { try traced(UpSampling2D(factor), [1, 4, 2, 1]) }
    #expect(
      error?.reason
        == .setting(
          "a result of extents [1, 4, 4611686018427387904, 2, 1, 1] has too many elements"))
  }
}
