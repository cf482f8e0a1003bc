import CKernels
import Testing

@Suite struct ReductionTests {
  static let kinds: [apus_reduction] = [
    .APUS_SUM, .APUS_MEAN, .APUS_MAXIMUM, .APUS_MINIMUM, .APUS_PRODUCT,
  ]
  static let sizes = [
    (1, 1, 1), (1, 5000, 1), (1, 3000, 7), (7, 33, 1), (5, 49, 40), (3, 700, 17), (40, 3, 5),
    (2, 0, 3), (1, 1, 100),
  ]

  private func reduce(_ kind: apus_reduction, _ x: [Double]) -> Double {
    switch kind {
    case .APUS_SUM: x.reduce(0, +)
    case .APUS_MEAN: x.reduce(0, +) / Double(x.count)
    case .APUS_PRODUCT: x.reduce(1, *)
    case .APUS_MAXIMUM: x.contains { $0.isNaN } ? .nan : x.max() ?? -.infinity
    default: x.contains { $0.isNaN } ? .nan : x.min() ?? .infinity
    }
  }

  @Test(arguments: InstructionSet.all, sizes)
  func matchesLoops(_ set: InstructionSet, _ size: (Int, Int, Int)) {
    let (outer, extent, inner) = size
    var x = numbers(outer * extent * inner).map { 1 + $0 / 100 }
    if x.count > 20 { x[20] = .nan }
    let slices = (0..<outer * inner).map { k in
      (0..<extent).map { Double(x[(k / inner * extent + $0) * inner + k % inner]) }
    }
    let (o, e, i) = (Int64(outer), Int64(extent), Int64(inner))
    for threads in 1...3 as ClosedRange<Int32> {
      set.run {
        var y = [Float](repeating: 7, count: outer * inner)
        for kind in Self.kinds {
          withScratch(apus_reduce_scratch_bytes(kind, o, e, i, threads)) {
            apus_reduce(kind, x, o, e, i, &y, $0, threads)
          }
          #expect(difference(y, slices.map { reduce(kind, $0) }) < 1e-6, "\(kind)")
        }
        var places = [Int64](repeating: 7, count: outer * inner)
        apus_argument_of_maximum(x, o, e, i, &places, threads)
        #expect(places == slices.map { place(of: { $0 > $1 }, in: $0) })
        apus_argument_of_minimum(x, o, e, i, &places, threads)
        #expect(places == slices.map { place(of: { $0 < $1 }, in: $0) })
      }
    }
  }

  /// The first place none is better than; the first NaN where there is one.
  private func place(of isBetter: (Double, Double) -> Bool, in x: [Double]) -> Int64 {
    if let nan = x.firstIndex(where: \.isNaN) { return Int64(nan) }
    return Int64(x.indices.reduce(0) { isBetter(x[$1], x[$0]) ? $1 : $0 })
  }

  @Test(arguments: InstructionSet.all) func millionsStayAccurate(_ set: InstructionSet) {
    let x = [Float](repeating: 0.1, count: 4_000_000)
    for inner in [1, 4] as [Int64] {
      var y = [Float](repeating: 0, count: Int(inner))
      set.run {
        withScratch(apus_reduce_scratch_bytes(.APUS_MEAN, 1, 4_000_000 / inner, inner, 2)) {
          apus_reduce(.APUS_MEAN, x, 1, 4_000_000 / inner, inner, &y, $0, 2)
        }
      }
      #expect(difference(y, y.map { _ in Double(0.1 as Float) }, scale: 0.1) < 1e-6)
    }
  }
}
