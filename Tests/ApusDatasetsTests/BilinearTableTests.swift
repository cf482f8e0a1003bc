import ApusDatasets
import Testing

@Suite struct BilinearTableTests {
  static let ramps: [(Int, Int, [Double])] = [
    (2, 4, [0, 0.25, 0.75, 1]),
    (4, 2, [0.5, 2.5]),
    (4, 3, [1.0 / 6, 1.5, 17.0 / 6]),
    (3, 5, [0, 0.4, 1, 1.6, 2]),
    (3, 3, [0, 1, 2]),
    (1, 3, [0, 0, 0]),
  ]

  /// Expected numbers are those of
  /// `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)` of a ramp, worked out
  /// from its documented formula.
  @Test(arguments: ramps)
  func aRampIsSampledAtPixelCentres(source: Int, target: Int, expected: [Double]) {
    let table = BilinearTable(from: source, to: target)
    #expect(table.first.count == target)
    for index in 0..<target {
      #expect(0..<source ~= table.first[index] && 0..<source ~= table.second[index])
      let (first, second) = (Double(table.first[index]), Double(table.second[index]))
      let value = first + Double(table.weight[index]) * (second - first)
      #expect(abs(value - expected[index]) < 1e-6)
    }
  }
}
