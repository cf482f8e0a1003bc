import ApusDatasets
import ApusFormats
import ApusNumerics
import ApusTensors
import Testing

@Suite struct FashionPictureTests {
  /// A square picture of one level with a rectangle of another.
  func picture(
    _ side: Int, background: UInt8, item: UInt8, rows: Range<Int>, columns: Range<Int>
  ) -> Tensor {
    let pixels = (0..<side * side).map { index in
      rows.contains(index / side) && columns.contains(index % side) ? item : background
    }
    return Tensor(pixels, shape: [side, side, 1])
  }

  func rows(_ picture: Tensor) -> [[UInt8]] {
    (0..<28).map { picture[$0].scalars(as: UInt8.self) }
  }

  @Test func theDataSetsOwnFormStays() throws {
    let own = picture(28, background: 0, item: 77, rows: 3..<20, columns: 4..<9)
    #expect(try FashionPicture.prepare(own, name: "x") == own)
  }

  /// Programs save grey pictures in colour, or with an alpha that hides nothing.
  @Test(arguments: [3, 4])
  func aGreyPictureIsGreyInAnyNumberOfChannels(channels: Int) throws {
    for background: UInt8 in [0, 255] {
      let grey = picture(28, background: background, item: 77, rows: 1..<27, columns: 4..<9)
      let pixels = grey.scalars(as: UInt8.self).flatMap { value -> [UInt8] in
        channels == 4 ? [value, value, value, 255] : [value, value, value]
      }
      let spread = Tensor(pixels, shape: [28, 28, channels])
      #expect(
        try FashionPicture.prepare(spread, name: "x") == FashionPicture.prepare(grey, name: "x"))
    }
  }

  @Test(arguments: [28, 56, 112, 300])
  func darkOnBrightIsInvertedCroppedAndCentred(side: Int) throws {
    let unit = side / 28
    // An item of 14 × 7 units becomes 28 × 14, columns 7 to 20.
    let photo = picture(
      side, background: 255, item: 55, rows: unit..<15 * unit, columns: 2 * unit..<9 * unit)
    let prepared = try FashionPicture.prepare(photo, name: "x")
    #expect(prepared.type == TensorType([28, 28, 1], .uint8))
    for row in rows(prepared) {
      #expect(row == (0..<28).map { 7..<21 ~= $0 ? 200 : 0 })
    }
  }

  @Test func anUnevenBackgroundLevelIsTakenAway() throws {
    // 240 inverted is 15; the item 0 inverted is 255 and stays 255.
    let photo = picture(56, background: 240, item: 0, rows: 8..<48, columns: 8..<48)
    #expect(try rows(FashionPicture.prepare(photo, name: "x")).joined().allSatisfy { $0 == 255 })
    // Grey 40 on black 20: (40 − 20)·255/235 = 21.7
    let dark = picture(56, background: 20, item: 40, rows: 8..<48, columns: 8..<48)
    #expect(try rows(FashionPicture.prepare(dark, name: "x")).joined().allSatisfy { $0 == 22 })
  }

  /// What photos have beside their item, as levels on a side of 200.
  enum Disturbance: CaseIterable {
    case none, dust, noise, slantedLight, edgeOfATable, itemAtTheBorder, slantedLightAtTheBorder

    func level(_ row: Int, _ column: Int, _ noise: Double) -> Double {
      switch self {
      case .none, .itemAtTheBorder: 0
      case .dust: [[3, 9], [3, 10], [190, 150], [191, 151]].contains([row, column]) ? -120 : 0
      case .noise: 6 * noise
      case .slantedLight, .slantedLightAtTheBorder: -Double(row + column) / 10
      case .edgeOfATable: row > 190 ? -70 : 0
      }
    }
  }

  /// An item of 120 × 60 pixels becomes 28 × 14 whatever else the photo shows.
  @Test(arguments: Disturbance.allCases)
  func theItemIsFoundBesideWhatPhotosHave(disturbance: Disturbance) throws {
    var random = PhiloxStream(seed: 5, purpose: 0)
    let isAtTheBorder = [.itemAtTheBorder, .slantedLightAtTheBorder].contains(disturbance)
    let top = isAtTheBorder ? 0 : 40
    let pixels = (0..<200 * 200).map { index -> UInt8 in
      let (row, column) = index.quotientAndRemainder(dividingBy: 200)
      let isItem = top..<top + 120 ~= row && 70..<130 ~= column
      let level = disturbance.level(row, column, random.normal())
      return UInt8(min(max((isItem ? 100 : 235) + level, 0), 255))
    }
    let prepared = try rows(
      FashionPicture.prepare(Tensor(pixels, shape: [200, 200, 1]), name: "x"))
    for row in prepared {
      #expect(row[7..<21].allSatisfy { 110...180 ~= $0 }, "\(row)")
      #expect((row[..<6] + row[22...]).allSatisfy { $0 == 0 }, "\(row)")
    }
  }

  /// A picture on a level of 200 with noise; the item is a rectangle of another level.
  func noisy(
    _ side: Int, deviation: Double, item: Double = 200, rows: Range<Int> = 0..<0,
    columns: Range<Int> = 0..<0
  ) -> Tensor {
    var random = PhiloxStream(seed: 6, purpose: 0)
    let pixels = (0..<side * side).map { index -> UInt8 in
      let isItem = rows.contains(index / side) && columns.contains(index % side)
      return UInt8(min(max((isItem ? item : 200) + deviation * random.normal(), 0), 255))
    }
    return Tensor(pixels, shape: [side, side, 1])
  }

  @Test(arguments: [60, 300])
  func noiseAloneShowsNothing(side: Int) {
    #expect(
      sentence { try FashionPicture.prepare(noisy(side, deviation: 5), name: "n") }
        == "n: expected a picture of an item, got one that shows nothing but background")
  }

  @Test func aSmallItemIsFoundInNoise() throws {
    let photo = noisy(1120, deviation: 5, item: 50, rows: 500..<512, columns: 300..<312)
    let prepared = try FashionPicture.prepare(photo, name: "x").scalars(as: UInt8.self)
    #expect(prepared.count { $0 > 120 } > 24 * 24)
  }

  @Test func largePicturesArePreparedAsSmallOnes() throws {
    let photo = picture(2800, background: 255, item: 55, rows: 100..<1500, columns: 200..<900)
    let small = picture(28, background: 255, item: 55, rows: 1..<15, columns: 2..<9)
    let prepared = try FashionPicture.prepare(photo, name: "x")
    #expect(try prepared == FashionPicture.prepare(small, name: "x"))
  }

  /// Pixel by pixel the item is lost in the noise: above 1,120 pixels a picture is made smaller first.
  @Test func largePicturesLoseTheirNoise() throws {
    let photo = noisy(2800, deviation: 30, item: 160, rows: 400..<2400, columns: 900..<1900)
    for row in try rows(FashionPicture.prepare(photo, name: "x"))[2..<26] {
      #expect(row[9..<19].allSatisfy { 25...90 ~= $0 }, "\(row)")
      #expect((row[..<6] + row[22...]).allSatisfy { $0 == 0 }, "\(row)")
    }
  }

  /// Pictures of few pixels have a border and nothing else.
  @Test func tinyPicturesHaveItemsToo() throws {
    for shape: Shape in [[1, 5, 1], [5, 1, 1]] {
      let line = Tensor([255, 255, 0, 255, 255] as [UInt8], shape: shape)
      let prepared = try FashionPicture.prepare(line, name: "x").scalars(as: UInt8.self)
      #expect(prepared.allSatisfy { $0 == 255 })
    }
    let corner = Tensor([0, 0, 0, 99] as [UInt8], shape: [2, 2, 1])
    #expect(try FashionPicture.prepare(corner, name: "x").shape == [28, 28, 1])
    let one = Tensor([7] as [UInt8], shape: [1, 1, 1])
    #expect(
      sentence { try FashionPicture.prepare(one, name: "x") }.hasSuffix("nothing but background"))
  }

  @Test func coloursAndTransparencyBecomeGrey() throws {
    // Pure red on transparency: luma 76.2 over white, inverted 178.8.
    let pixels = (0..<40 * 40).flatMap { index -> [UInt8] in
      let isItem = 5..<35 ~= index / 40 && 5..<35 ~= index % 40
      return isItem ? [255, 0, 0, 255] : [9, 9, 9, 0]
    }
    let photo = Tensor(pixels, shape: [40, 40, 4])
    #expect(try rows(FashionPicture.prepare(photo, name: "x")).joined().allSatisfy { $0 == 179 })
  }

  @Test func areasAreAveraged() throws {
    // Stripes one pixel wide, 56 of them: each pixel of the result covers one black and one white.
    let pixels = (0..<56 * 56).map { UInt8($0 % 2 * 200) }
    let stripes = Tensor(pixels, shape: [56, 56, 1])
    let framed = Tensor(
      (0..<58 * 58).map { index -> UInt8 in
        let (row, column) = (index / 58 - 1, index % 58 - 1)
        guard 0..<56 ~= row, 0..<56 ~= column else { return 0 }
        return stripes[row, column, 0].scalars(as: UInt8.self)[0]
      }, shape: [58, 58, 1])
    // The first column is black and is cut off: 55 columns and 56 rows are left.
    let row = try rows(FashionPicture.prepare(framed, name: "x"))[10]
    #expect(row.dropLast().allSatisfy { 80...120 ~= $0 })
  }

  /// An item that covers most of the border is no background.
  @Test func onlyThePolarityChangesWhereThePictureIsInForm() throws {
    let pixels = (0..<784).map { index -> UInt8 in
      let (row, column) = index.quotientAndRemainder(dividingBy: 28)
      return 1..<27 ~= column || (column == 0 && row < 10) ? UInt8(60 + index % 40) : 0
    }
    let stored = Tensor(pixels, shape: [28, 28, 1])
    let inverted = Tensor(pixels.map { 255 - $0 }, shape: [28, 28, 1])
    #expect(try FashionPicture.prepare(stored, name: "x") == stored)
    #expect(try FashionPicture.prepare(inverted, name: "x") == stored)
  }

  @Test func readsPNGAndIDX() throws {
    try withTemporaryFolder { folder in
      let photo = picture(60, background: 255, item: 0, rows: 10..<50, columns: 10..<50)
      try PNG.write(photo, to: folder + "/p.png")
      let read = try FashionPicture.read(folder + "/p.png")
      #expect(read.map(\.name) == [folder + "/p.png"])
      #expect(read[0].pixels == (try FashionPicture.prepare(photo, name: "x")))
      // Pictures of 28 × 28 stay, and those on bright ground are turned round and no more.
      let stored = Tensor(
        (0..<2 * 784).map { UInt8(28..<756 ~= $0 % 784 ? $0 % 251 : 0) }, shape: [2, 28, 28])
      let inverted = Tensor(stored.scalars(as: UInt8.self).map { 255 - $0 }, shape: [2, 28, 28])
      try AtomicFile.write(IDX.encode(inverted), to: folder + "/inverted")
      #expect(
        try FashionPicture.read(folder + "/inverted").map(\.pixels)
          == (0..<2).map { stored[$0].reshaped(to: [28, 28, 1]) })
      try AtomicFile.write(Deflate.gzip(IDX.encode(stored)), to: folder + "/i.gz")
      let pictures = try FashionPicture.read(folder + "/i.gz")
      #expect(pictures.map(\.name) == [folder + "/i.gz[0]", folder + "/i.gz[1]"])
      #expect(pictures[1].pixels == stored[1].reshaped(to: [28, 28, 1]))
      try AtomicFile.write("text", to: folder + "/t")
      #expect(
        sentence { try FashionPicture.read(folder + "/t") }
          == "\(folder)/t, byte 0: expected a PNG picture or an IDX file, got 74 65 78 74")
      try AtomicFile.write([0xFF, 0xD8, 0xFF, 0xE0, 0, 16], to: folder + "/photo.jpg")
      #expect(
        sentence { try FashionPicture.read(folder + "/photo.jpg") }
          == "\(folder)/photo.jpg, byte 0: expected a PNG picture or an IDX file, "
          + "got a JPEG picture: convert it to PNG")
    }
  }

  @Test func filesAboveTheLimitsAreRefused() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(hostilePictures, to: folder + "/h.gz")
      #expect(
        sentence { try FashionPicture.read(folder + "/h.gz") }.hasSuffix(
          "expected at most 1073741824 bytes of numbers, got 1233125376 bytes, "
            + "uint8[1572864, 28, 28]"))
      let many = Tensor(zeros: TensorType([1_000_001, 1, 1], .uint8))
      try AtomicFile.write(Deflate.gzip(IDX.encode(many)), to: folder + "/m.gz")
      #expect(
        sentence { try FashionPicture.read(folder + "/m.gz") }
          == "\(folder)/m.gz, byte 4: expected at most 1000000 pictures "
          + "of at most 100000000 pixels, got uint8[1000001, 1, 1]")
    }
  }

  @Test func blankPicturesAreRefused() {
    let blank = picture(40, background: 200, item: 0, rows: 0..<0, columns: 0..<0)
    #expect(
      sentence { try FashionPicture.prepare(blank, name: "b.png") }
        == "b.png: expected a picture of an item, got one that shows nothing but background")
    #expect(
      sentence { try FashionPicture.prepare(Tensor(zeros: TensorType([2, 2])), name: "b") }
        == "b: expected a picture, uint8[height, width, 1, 3 or 4], got float32[2, 2]")
  }

  @Test func extremeProportionsFit() throws {
    let thin = Tensor((0..<3 * 500).map { UInt8($0 % 3 == 1 ? 255 : 0) }, shape: [500, 3, 1])
    let prepared = try rows(FashionPicture.prepare(thin, name: "x"))
    #expect(prepared.allSatisfy { $0.count { $0 > 0 } == 1 && $0[13] == 255 })
    let dot = picture(9, background: 0, item: 255, rows: 4..<5, columns: 4..<5)
    #expect(try rows(FashionPicture.prepare(dot, name: "x")).joined().allSatisfy { $0 == 255 })
  }
}
