import ApusDatasets
import ApusTensors
import Testing

@Suite struct ImageClassificationDataTests {
  @Test func partsMustFitTogether() {
    let pixels = Tensor(zeros: TensorType([2, 1, 1, 1], .uint8))
    func fault(_ pixels: Tensor, _ labels: [Int32]) -> String {
      sentence {
        try ImageClassificationData(pixels: pixels, labels: labels, classNames: ["a", "b"])
      }
    }
    #expect(fault(pixels, [0]) == "labels: expected one for each of 2 pictures, got 1")
    #expect(fault(pixels, [0, 2]) == "label 1: expected a class in 0..<2, got 2")
    #expect(fault(pixels, [-1, 0]) == "label 0: expected a class in 0..<2, got -1")
    #expect(
      fault(pixels.converted(to: .float32), [0, 1])
        == "pictures: expected uint8[count, height, width, channels], got float32[2, 1, 1, 1]")
  }

  @Test func limitsTakeTheFirst() throws {
    let data = try countingData(5, height: 2, width: 3)
    let limited = data.limited(to: 2)
    #expect(limited.count == 2)
    #expect(limited.labels == [0, 1])
    #expect(limited.pixels == data.pixels[0..<2])
    #expect(data.limited(to: 9).count == 5)
    #expect(data.limited(to: -1).count == 0)
  }

  @Test func splitsShareNothingAndFollowTheSeed() throws {
    let data = try countingData(20, height: 1, width: 2, classes: 20)
    let (rest, heldOut) = try data.split(holdingOut: 0.25, seed: 1)
    #expect(heldOut.count == 5)
    #expect((rest.labels + heldOut.labels).sorted() == data.labels)
    for part in [rest, heldOut] {
      for (place, label) in part.labels.enumerated() {
        #expect(part.pixels[place] == data.pixels[Int(label)])
      }
    }
    #expect(try data.split(holdingOut: 0.25, seed: 1).heldOut.labels == heldOut.labels)
    #expect(try data.split(holdingOut: 0.25, seed: 2).heldOut.labels != heldOut.labels)
    #expect(
      sentence { try data.split(holdingOut: 1.5, seed: 1) }
        == "held-out part: expected a fraction in 0...1, got 1.5")
  }
}
