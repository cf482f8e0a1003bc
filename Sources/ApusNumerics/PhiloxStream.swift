/// A stream of random numbers that is a pure function of seed, purpose, epoch and index.
///
/// One example, parameter or path takes one stream, named by what it is for and by its own index,
/// never by the worker that draws; so a seed gives one result whatever the number of threads.
///
/// Layout: the block of key `(seed low, seed high)` and counter
/// `(purpose, epoch, index low, index high)` is the stream's origin `(o₀, o₁, o₂, o₃)`. Block `b`
/// of the stream has key `(o₀, o₁)` and counter `(b low, b high, o₂, o₃)`. Philox is a bijection of
/// counters, so streams of one seed have different origins. Words are handed out in order; a 64-bit
/// draw takes two, low half first.
public struct PhiloxStream: RandomNumberGenerator, Sendable {
  @usableFromInline let origin: SIMD4<UInt32>
  @usableFromInline var nextBlock: UInt64 = 0
  @usableFromInline var words: SIMD4<UInt32> = .zero
  @usableFromInline var unused = 0

  /// The stream of one (seed, purpose, epoch, index).
  ///
  /// - Parameter purpose: what the numbers are for; the package's own are in ``StreamPurpose``.
  @inlinable
  public init(seed: UInt64, purpose: UInt32, epoch: UInt32 = 0, index: UInt64 = 0) {
    origin = Philox4x32.block(
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)),
      counter: (
        purpose, epoch, UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32)
      ))
  }

  /// The next 32 random bits.
  @inlinable
  public mutating func nextWord() -> UInt32 {
    if unused == 0 {
      words = Philox4x32.block(
        key: (origin[0], origin[1]),
        counter: (
          UInt32(truncatingIfNeeded: nextBlock), UInt32(truncatingIfNeeded: nextBlock >> 32),
          origin[2], origin[3]
        ))
      nextBlock &+= 1
      unused = 4
    }
    let word = words[4 - unused]
    unused -= 1
    return word
  }

  /// The next 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return UInt64(nextWord()) << 32 | low
  }
}
