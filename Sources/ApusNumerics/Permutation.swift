/// A random order of `0 ..< count`, a function of the seed and the epoch alone.
///
/// The Fisher–Yates shuffle with the numbers of one ``PhiloxStream``, so any epoch's order can be
/// made without the ones before it.
///
/// - Precondition: `count` is not negative and fits 32 bits.
///
/// Reference: Durstenfeld (1964), "Algorithm 235: Random permutation", Comm. ACM 7.
package func randomPermutation(
  of count: Int, seed: UInt64, epoch: UInt32, purpose: UInt32 = StreamPurpose.shuffle
) -> [UInt32] {
  precondition(count >= 0 && count <= Int(UInt32.max), "no permutation of \(count) elements")
  var order = [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
    for index in 0..<count { buffer.initializeElement(at: index, to: UInt32(index)) }
    initialized = count
  }
  var stream = PhiloxStream(seed: seed, purpose: purpose, epoch: epoch)
  for last in stride(from: count - 1, to: 0, by: -1) {
    order.swapAt(last, stream.uniformInteger(below: last + 1))
  }
  return order
}
