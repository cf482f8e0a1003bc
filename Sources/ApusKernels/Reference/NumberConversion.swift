import ApusTensors

/// Writes numbers of a data type at `memory` into `values` as `Double`.
func widen(
  _ memory: UnsafeRawPointer, _ dataType: DataType, into values: UnsafeMutableBufferPointer<Double>
) {
  switch dataType {
  case .float32: widen(memory, Float.self, into: values)
  case .bfloat16: widen(memory, BFloat16.self, into: values)
  case .float64: widen(memory, Double.self, into: values)
  case .int32: widen(memory, Int32.self, into: values)
  case .int64: widen(memory, Int64.self, into: values)
  case .uint8: widen(memory, UInt8.self, into: values)
  case .bool: widen(memory, Bool.self, into: values)
  }
}

/// Writes `values` at `memory` as numbers of a data type, rounded as ``rounded(_:to:)`` says.
package func narrow(
  _ values: UnsafeMutableBufferPointer<Double>, to dataType: DataType,
  into memory: UnsafeMutableRawPointer
) {
  switch dataType {
  case .float32: narrow(values, into: memory) { Float($0) }
  case .bfloat16: narrow(values, into: memory) { BFloat16(nearest: $0) }
  case .float64: narrow(values, into: memory) { $0 }
  case .int32: narrow(values, into: memory) { Int32(truncatingAndClamping: $0) }
  case .int64: narrow(values, into: memory) { Int64(truncatingAndClamping: $0) }
  case .uint8: narrow(values, into: memory) { UInt8(truncatingAndClamping: $0) }
  case .bool: narrow(values, into: memory) { $0 != 0 }
  }
}

/// The number of `dataType` that a cast gives for `value`.
///
/// Real types take the nearest number, ties to even. Integers drop the fraction, stop at the ends
/// of their range and take zero for NaN. A bool is whether `value` is not zero.
func rounded(_ value: Double, to dataType: DataType) -> Double {
  switch dataType {
  case .float32: Double(Float(value))
  case .bfloat16: BFloat16(nearest: value).double
  case .float64: value
  case .int32: Double(Int32(truncatingAndClamping: value))
  case .int64: Double(Int64(truncatingAndClamping: value))
  case .uint8: Double(UInt8(truncatingAndClamping: value))
  case .bool: value != 0 ? 1 : 0
  }
}

extension FixedWidthInteger {
  /// The integer part of `value`, or the end of the range where it lies outside; zero for NaN.
  init(truncatingAndClamping value: Double) {
    if let integer = Self(exactly: value.rounded(.towardZero)) {
      self = integer
    } else {
      self = value.isNaN ? 0 : value < 0 ? .min : .max
    }
  }
}

private func widen<Element: TensorElement>(
  _ memory: UnsafeRawPointer, _: Element.Type,
  into values: UnsafeMutableBufferPointer<Double>
) {
  let elements = memory.assumingMemoryBound(to: Element.self)
  for index in values.indices { values[index] = elements[index].double }
}

private func narrow<Element: TensorElement>(
  _ values: UnsafeMutableBufferPointer<Double>, into memory: UnsafeMutableRawPointer,
  _ convert: (Double) -> Element
) {
  let elements = memory.assumingMemoryBound(to: Element.self)
  for index in values.indices { elements[index] = convert(values[index]) }
}
