import ApusEngine
import ApusSampleQuality
import ApusTensors
import Testing

@Suite struct PrecisionRecallTests {
  @Test(arguments: ["shifted", "collapsed", "apart", "fewer than features"])
  func sharesAreThoseOfNumPy(name: String) throws {
    let example = try QualityCase(named: name)
    let found = try PrecisionRecall(
      real: example.real, generated: example.generated, options: EngineOptions(threads: 1))
    #expect(abs(found.precision - example.precision) < 1e-12)
    #expect(abs(found.recall - example.recall) < 1e-12)
  }

  /// More points than are compared at a time, all of them pictures of the set itself.
  @Test func aSetCoversItself() throws {
    let numbers = (0..<1203).map { Float(($0 * 7919) % 1201) / 100 }
    let points = Tensor(numbers, shape: [401, 3])
    let many = Tensor(numbers + numbers, shape: [802, 3])
    for set in [points, many] {
      let found = try PrecisionRecall(
        real: set, generated: points, options: EngineOptions(threads: 2))
      #expect(found.precision == 1)
      #expect(found.recall == 1)
    }
  }

  @Test func refusesWhatCannotBeCompared() throws {
    let (few, wide) = (Tensor(zeros: TensorType([3, 2])), Tensor(zeros: TensorType([9, 3])))
    #expect(throws: SampleQualityError.tooFew(count: 3, needed: 4)) {
      try PrecisionRecall(real: few, generated: few)
    }
    #expect(throws: SampleQualityError.sizesDiffer(2, 3)) {
      try PrecisionRecall(real: few, generated: wide)
    }
  }
}
