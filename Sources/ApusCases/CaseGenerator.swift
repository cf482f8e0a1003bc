/// The generator of the operands' numbers, simple enough for every language to have it.
///
/// SplitMix64 whose state begins as the FNV-1a hash of the key's UTF-8 bytes. Real numbers are
/// rounded to `Float`, so that kernels of both precisions see the same ones.
/// `Tests/Golden/operations.py` has it too.
///
/// Reference: Steele, Lea, Flood (2014), "Fast splittable pseudorandom number generators", OOPSLA.
struct CaseGenerator {
  private var state: UInt64

  init(key: String) {
    state = 0xCBF2_9CE4_8422_2325
    for byte in key.utf8 { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// A number in `0..<1` of 53 random bits.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number in `lower..<upper`, pushed to a distance of 0.05 from each of `points`.
  mutating func number(
    in lower: Double, _ upper: Double, apartFrom points: [Double] = []
  ) -> Double {
    var number = lower + (upper - lower) * unit()
    for point in points where abs(number - point) < 0.05 {
      number = number >= point ? point + 0.05 : point - 0.05
    }
    return Double(Float(number))
  }

  /// The numbers `0..<count`, shuffled by Fisher and Yates from the end.
  mutating func permutation(of count: Int) -> [Int] {
    var positions = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      positions.swapAt(last, Int(next() % UInt64(last + 1)))
    }
    return positions
  }
}
