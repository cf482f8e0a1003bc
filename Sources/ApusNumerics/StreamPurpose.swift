/// What a stream of random numbers is for, so that no two uses share one.
///
/// The numbers are part of what a seed means: changing one changes every run, so they only ever
/// grow.
package enum StreamPurpose {
  /// The order of examples in an epoch; index 0.
  package static let shuffle: UInt32 = 1
  /// Which examples go to which part of a split; index 0, epoch 0.
  package static let split: UInt32 = 2
  /// Initial values of parameters; index is ``stableHash(of:)`` of the parameter's name.
  package static let initialization: UInt32 = 3
  /// Mirroring an example; index is the example's.
  package static let flip: UInt32 = 16
  /// Moving an example inside its frame; index is the example's.
  package static let shift: UInt32 = 17
  /// Erasing a rectangle of an example; index is the example's.
  package static let erasing: UInt32 = 18
  /// How pictures of a batch are blended; index is the batch's place in its epoch.
  package static let mixing: UInt32 = 20
  /// What a generator makes an example of; index is the example's.
  package static let generation: UInt32 = 19
  /// A path of a jump process; index is the path's.
  package static let path: UInt32 = 32
  /// A particle of a fit by simulation; index is its number among all that were simulated.
  package static let particle: UInt32 = 34
  /// Which of several events of a path is first; index is the path's.
  package static let events: UInt32 = 35
  /// A network made at random; index 0.
  package static let network: UInt32 = 33
  /// Which words of a sentence stay, their windows and their negatives; index is the sentence's.
  package static let sentence: UInt32 = 48
}

/// A 64-bit hash of a name that is the same in every process and on every machine (FNV-1a).
///
/// Swift's `Hasher` is seeded per process, so it cannot name a stream.
package func stableHash(of name: String) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
  return hash
}
