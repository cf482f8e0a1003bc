extension Tensor {
  /// The same numbers as another data type.
  ///
  /// Numbers that the type does not hold become the nearest it does: real numbers are rounded to
  /// even in a shorter float and towards zero in an integer; what is too great or too small for an
  /// integer becomes its greatest or least; NaN becomes 0. `bool` is whether the number is not 0.
  public func converted(to dataType: DataType) -> Tensor {
    guard dataType != self.dataType else { return self }
    return switch dataType {
    case .float32: converted(to: Float.self)
    case .bfloat16: converted(to: BFloat16.self)
    case .float64: converted(to: Double.self)
    case .int32: converted(to: Int32.self)
    case .int64: converted(to: Int64.self)
    case .uint8: converted(to: UInt8.self)
    case .bool: converted(to: Bool.self)
    }
  }

  private func converted<Target: Convertible>(to _: Target.Type) -> Tensor {
    switch dataType {
    case .float32: converted(from: Float.self) { Target(converting: Double($0)) }
    case .bfloat16: converted(from: BFloat16.self) { Target(converting: $0.double) }
    case .float64: converted(from: Double.self) { Target(converting: $0) }
    case .int32: converted(from: Int32.self) { Target(converting: Int64($0)) }
    case .int64: converted(from: Int64.self) { Target(converting: $0) }
    case .uint8: converted(from: UInt8.self) { Target(converting: Int64($0)) }
    case .bool: converted(from: Bool.self) { Target(converting: $0 ? 1 : Int64(0)) }
    }
  }

  private func converted<Source: TensorElement, Target: TensorElement>(
    from _: Source.Type, _ convert: (Source) -> Target
  ) -> Tensor {
    Tensor(TensorType(shape, Target.dataType)) { bytes in
      let target = bytes.bindMemory(to: Target.self)
      withElements(as: Source.self) { source in
        for index in source.indices { target[index] = convert(source[index]) }
      }
    }
  }
}

/// A type that takes the nearest of its values to any number.
private protocol Convertible: TensorElement {
  init(converting value: Double)
  init(converting value: Int64)
}

extension Float: Convertible {
  init(converting value: Double) { self = Float(value) }
  init(converting value: Int64) { self = Float(value) }
}

extension Double: Convertible {
  init(converting value: Double) { self = value }
  init(converting value: Int64) { self = Double(value) }
}

extension BFloat16: Convertible {
  init(converting value: Double) { self = BFloat16(nearest: value) }
  init(converting value: Int64) { self = BFloat16(nearest: Double(value)) }
}

extension Bool: Convertible {
  init(converting value: Double) { self = value != 0 }
  init(converting value: Int64) { self = value != 0 }
}

extension Convertible where Self: FixedWidthInteger {
  init(converting value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= Double(Self.max) {
      self = Self.max
    } else if value <= Double(Self.min) {
      self = Self.min
    } else {
      self = Self(value)
    }
  }

  init(converting value: Int64) { self = Self(clamping: value) }
}

extension Int32: Convertible {}
extension Int64: Convertible {}
extension UInt8: Convertible {}
