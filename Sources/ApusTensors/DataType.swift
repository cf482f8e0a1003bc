/// The kind of number a tensor holds.
public enum DataType: String, Sendable, Hashable, CaseIterable {
  case float32, bfloat16, float64, int32, int64, uint8, bool

  /// The bytes one element takes.
  public var byteCount: Int {
    switch self {
    case .uint8, .bool: 1
    case .bfloat16: 2
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }

  /// Whether the type holds real numbers, the ones derivatives exist for.
  public var isFloatingPoint: Bool {
    switch self {
    case .float32, .bfloat16, .float64: true
    case .int32, .int64, .uint8, .bool: false
    }
  }
}
