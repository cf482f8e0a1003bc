/// The counter-based generator Philox4x32-10: a keyed bijection of 128-bit counters.
///
/// The same key and counter give the same four words on every machine and in every order of calls,
/// so streams need no state to be shared between threads and no numbers to be skipped.
///
/// Reference: Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC
/// '11.
public enum Philox4x32 {
  /// The four random words of one counter under one key; word 0 first.
  @inlinable
  public static func block(
    key: (UInt32, UInt32), counter: (UInt32, UInt32, UInt32, UInt32)
  ) -> SIMD4<UInt32> {
    var (k0, k1) = key
    var (c0, c1, c2, c3) = counter
    for _ in 0..<10 {
      let first = UInt64(0xD251_1F53) &* UInt64(c0)
      let second = UInt64(0xCD9E_8D57) &* UInt64(c2)
      c0 = UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0
      c2 = UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1
      c1 = UInt32(truncatingIfNeeded: second)
      c3 = UInt32(truncatingIfNeeded: first)
      k0 = k0 &+ 0x9E37_79B9  // the golden ratio, as a Weyl sequence
      k1 = k1 &+ 0xBB67_AE85  // √3 − 1
    }
    return SIMD4(c0, c1, c2, c3)
  }
}
