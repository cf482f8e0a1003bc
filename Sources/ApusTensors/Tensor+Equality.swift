import Glibc

extension Tensor: Equatable {
  /// Whether both have one type and equal numbers; as for numbers, NaN equals nothing, −0 equals 0.
  public static func == (first: Tensor, second: Tensor) -> Bool {
    guard first.type == second.type else { return false }
    return switch first.dataType {
    case .float32: first.equals(second) { (a: Float, b) in a == b }
    case .bfloat16: first.equals(second) { (a: BFloat16, b) in a.float == b.float }
    case .float64: first.equals(second) { (a: Double, b) in a == b }
    case .int32, .int64, .uint8, .bool: first.hasSameBits(as: second)
    }
  }

  /// Whether both have the same type and the same bits, the test of two runs that must not differ.
  public func hasSameBits(as other: Tensor) -> Bool {
    guard type == other.type else { return false }
    return withBytes { own in
      other.withBytes { theirs in
        guard let first = own.baseAddress, let second = theirs.baseAddress else { return true }
        return memcmp(first, second, own.count) == 0
      }
    }
  }

  private func equals<Element: TensorElement>(
    _ other: Tensor, by areEqual: (Element, Element) -> Bool
  ) -> Bool {
    withElements { (own: UnsafeBufferPointer<Element>) in
      other.withElements { (theirs: UnsafeBufferPointer<Element>) in
        own.indices.allSatisfy { areEqual(own[$0], theirs[$0]) }
      }
    }
  }
}
