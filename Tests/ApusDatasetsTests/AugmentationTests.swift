import ApusDatasets
import Testing

@Suite struct AugmentationTests {
  let everything = Augmentation(flipProbability: 0.5, shift: 3, erasing: .init())

  func change(_ augmentation: Augmentation, epoch: UInt32 = 0, example: UInt64) -> PictureChange {
    PictureChange(
      augmentation, seed: 11, epoch: epoch, example: example, height: 28, width: 20)
  }

  @Test func eachChangeHasAStreamOfItsOwn() {
    for example in 0..<50 as Range<UInt64> {
      let all = change(everything, example: example)
      let flips = change(.flips, example: example)
      let shifts = change(Augmentation(shift: 3), example: example)
      #expect(all.isFlipped == flips.isFlipped)
      #expect((all.down, all.right) == (shifts.down, shifts.right))
      #expect(all == change(everything, example: example))
    }
  }

  /// Null: a fair coin; 1000 ± 4·√500 fails a correct one in 16 000 seeds.
  @Test func halfAreFlippedAndEpochsDiffer() {
    let first = (0..<2000).map { change(.flips, example: UInt64($0)).isFlipped }
    let second = (0..<2000).map { change(.flips, epoch: 1, example: UInt64($0)).isFlipped }
    for flips in [first, second] { #expect(abs(flips.count { $0 } - 1000) < 90) }
    #expect(abs(zip(first, second).count { $0 == $1 } - 1000) < 90)
  }

  @Test func shiftsReachEveryPlace() {
    let places = (0..<2000).map { example in
      let change = change(Augmentation(shift: 2), example: UInt64(example))
      return [change.down, change.right]
    }
    #expect(Set(places).count == 25)
    #expect(places.allSatisfy { -2...2 ~= $0[0] && -2...2 ~= $0[1] })
  }

  @Test func coveredRectanglesKeepTheirBounds() {
    let always = Augmentation(erasing: .init(probability: 1, area: 0.1...0.3, aspect: 2))
    for example in 0..<500 as Range<UInt64> {
      let covered = change(always, example: example).covered
      #expect(0...28 ~= covered.rows.upperBound && 0...20 ~= covered.columns.upperBound)
      let area = Double(covered.rows.count * covered.columns.count) / 560
      #expect(0.07...0.35 ~= area)
      #expect(0.4...2.5 ~= Double(covered.rows.count) / Double(covered.columns.count))
    }
    let rare = (0..<2000).count { index in
      !change(everything, example: UInt64(index)).covered.rows.isEmpty
    }
    #expect(abs(rare - 1000) < 90)
  }
}
