/// A 16-bit number with the exponent of a `Float` and 8 bits of precision.
public struct BFloat16: Sendable, Hashable {
  /// The upper half of the `Float` with the same value.
  public var bitPattern: UInt16

  /// The number with these bits.
  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// The nearest number to `value`; ties go to the even one, NaN stays NaN.
  public init(_ value: Float) {
    let bits = value.bitPattern
    guard !value.isNaN else {
      bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x40
      return
    }
    let rounding = 0x7FFF + ((bits >> 16) & 1)
    bitPattern = UInt16(truncatingIfNeeded: (bits &+ rounding) >> 16)
  }

  /// The nearest number to `value`; ties go to the even one.
  ///
  /// Rounding by way of the nearest `Float` could make a tie of what is none. Rounding to odd first keeps
  /// the information that something was cut off.
  public init(nearest value: Double) {
    var float = Float(value)
    if Double(float) != value, float.isFinite, float.bitPattern & 1 == 0 {
      float =
        Double(float).magnitude < value.magnitude
        ? Float(bitPattern: float.bitPattern + 1) : Float(bitPattern: float.bitPattern &- 1)
    }
    self.init(float)
  }

  /// The same value as a `Float`, exactly.
  public var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
}
