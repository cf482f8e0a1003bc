import ApusTensors

// Random numbers in a graph are functions of a key, a stream and a position, so they are made again
// where they are needed and do not depend on the number of threads. Element `i` of stream `s` under
// the key `(seed, step)` comes from word `i mod 4` of the Philox4x32-10 block with key
// `(seed low, seed high)` and counter `(i / 4 low, step low, s, step high)`, where low and high are
// halves of 32 bits. Reference kernels hold the key as `Double`, so they give the same numbers as
// the fast ones for seeds and steps of at most 2⁵³.

extension TensorType {
  /// The type of a random key: seed and step.
  public static let randomKey = TensorType([2], .int64)

  /// Checks that it is a random key.
  package func expectRandomKey(in operation: String) throws(GraphError) {
    guard self == .randomKey else {
      throw GraphError(
        operation, .setting("the key must be \(TensorType.randomKey), seed and step"),
        [.init(name: "key", type: self)])
    }
  }
}

/// Checks the number of a random stream, which takes 32 bits of the counter.
func expectStream(_ stream: Int, in operation: String) throws(GraphError) {
  guard UInt32(exactly: stream) != nil else {
    throw GraphError(operation, .setting("the stream must be in 0..<2³², got \(stream)"))
  }
}
