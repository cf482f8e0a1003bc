import ApusSampleQuality
import ApusTensors
import Testing

@Suite struct FeatureMomentsTests {
  @Test(arguments: ["shifted", "collapsed", "apart", "fewer than features"])
  func distanceIsThatOfNumPy(name: String) throws {
    let example = try QualityCase(named: name)
    let (real, generated) = try (
      FeatureMoments(of: example.real), FeatureMoments(of: example.generated)
    )
    // Roots of eigenvalues that are zero but for rounding differ by the root of that rounding.
    let tolerance = 1e-6 * max(1, example.frechetDistance)
    let distance = try generated.frechetDistance(to: real)
    #expect(abs(distance - example.frechetDistance) < tolerance)
    #expect(abs(try real.frechetDistance(to: generated) - distance) < tolerance)
  }

  @Test func distanceOfASetToItselfIsZero() throws {
    let moments = try FeatureMoments(of: QualityCase(named: "shifted").real)
    #expect(try moments.frechetDistance(to: moments) < 1e-9)
  }

  /// In one dimension the distance is `(μ₁ − μ₂)² + (σ₁ − σ₂)²`.
  @Test func distanceInOneDimensionIsClosed() throws {
    let first = try FeatureMoments(of: Tensor([1, 3] as [Float], shape: [2, 1]))
    let second = try FeatureMoments(of: Tensor([4, 12] as [Float], shape: [2, 1]))
    let spread = (32.0).squareRoot() - (2.0).squareRoot()
    #expect(abs(try first.frechetDistance(to: second) - (36 + spread * spread)) < 1e-12)
  }

  @Test func refusesWhatCannotBeCompared() throws {
    #expect(throws: SampleQualityError.tooFew(count: 1, needed: 2)) {
      try FeatureMoments(of: Tensor([1] as [Float], shape: [1, 1]))
    }
    let narrow = try FeatureMoments(of: Tensor([1, 2] as [Float], shape: [2, 1]))
    let wide = try FeatureMoments(of: Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]))
    #expect(throws: SampleQualityError.sizesDiffer(1, 2)) { try narrow.frechetDistance(to: wide) }
  }
}
