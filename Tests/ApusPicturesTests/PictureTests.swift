import ApusPictures
import ApusTensors
import Testing

@Suite struct PictureTests {
  static let chart = LineChart(
    "Training loss", xLabel: "epoch", yLabel: "loss",
    series: [
      .init("training", [(1, 0.9), (2, 0.5), (3, 0.4)]), .init("test", [(1, 0.7), (3, 0.45)]),
    ])
  static let confusion = ConfusionChart(
    "Confusion", classes: ["Shirt", "Coat"], counts: [[90, 10], [4, 96]])
  static let grid = ImageGrid(
    "Mistakes",
    tiles: (0..<10).map { index in
      let pixels = (0..<64).map { UInt8(truncatingIfNeeded: $0 * 4 + index) }
      return .init(Tensor(pixels, shape: [8, 8]), caption: [.init("Coat", .right), .init("Bag")])
    })

  static let pictures: [any Picture & Sendable] = [chart, confusion, grid]

  @Test(arguments: pictures.indices)
  func isThePNGFileItWasBefore(index: Int) throws {
    let bytes = try Self.pictures[index].png()
    #expect(bytes.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    #expect(bytes == (try Self.pictures[index].png()))
    #expect(!bytes.contains(text: "tIME"))
  }

  @Test func changesWithItsContent() throws {
    var other = Self.chart
    other.series[0].points[1].y = 0.6
    #expect(try other.png() != Self.chart.png())
  }

  @Test(
    arguments: [
      [], [(0.0, 0.0)], [(1.0, 5.0), (2.0, 5.0)], [(0.0, .nan), (1.0, 1.0), (2.0, .infinity)],
      [(0.0, Double.leastNonzeroMagnitude), (1.0, 1e300)], [(1e15, 1.0), (1e15 + 1, 1.0 + 1e-15)],
      [(0.0, -4e307), (1, 4e307)],
    ] as [[(x: Double, y: Double)]])
  func showsAnyNumbers(points: [(x: Double, y: Double)]) throws {
    let chart = LineChart("Odd", xLabel: "x", yLabel: "y", series: [.init("odd", points)])
    #expect(try chart.png().count > 1000)
  }

  @Test func refusesCountsThatDoNotFitTheClasses() {
    let chart = ConfusionChart("Confusion", classes: ["one", "two"], counts: [[1]])
    #expect(throws: PictureError.self) { try chart.png() }
  }

  @Test(arguments: [
    Tensor([Float](repeating: 0, count: 4), shape: [2, 2]),
    Tensor([UInt8](repeating: 0, count: 8), shape: [2, 2, 2]),
    Tensor([UInt8](), shape: [0, 2]), Tensor([UInt8(1)], shape: [1]),
  ])
  func refusesWhatIsNoImage(tensor: Tensor) {
    let grid = ImageGrid("Images", tiles: [.init(tensor, caption: [])])
    #expect(throws: PictureError.image(tensor.type.description)) { try grid.png() }
  }

  @Test func refusesASheetThatIsTooLarge() {
    let image = Tensor([UInt8(0)], shape: [1, 1])
    let tiles = [ImageGrid.Tile](repeating: .init(image, caption: []), count: 200)
    #expect(throws: PictureError.self) {
      try ImageGrid("Long", tiles: tiles, columns: 1, side: 1000).png()
    }
  }
}

extension [UInt8] {
  fileprivate func contains(text: String) -> Bool {
    let bytes = Array(text.utf8)
    return indices.dropLast(bytes.count - 1).contains {
      self[$0..<$0 + bytes.count].elementsEqual(bytes)
    }
  }
}
