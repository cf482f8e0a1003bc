/// A Swift type whose values a tensor can hold.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The data type of a tensor of these.
  static var dataType: DataType { get }

  /// The value as a `Double`; `true` is 1.
  var double: Double { get }
}

extension Float: TensorElement {
  public static var dataType: DataType { .float32 }
  public var double: Double { Double(self) }
}

extension Double: TensorElement {
  public static var dataType: DataType { .float64 }
  public var double: Double { self }
}

extension BFloat16: TensorElement {
  public static var dataType: DataType { .bfloat16 }
  public var double: Double { Double(float) }
}

extension Int32: TensorElement {
  public static var dataType: DataType { .int32 }
  public var double: Double { Double(self) }
}

extension Int64: TensorElement {
  public static var dataType: DataType { .int64 }
  public var double: Double { Double(self) }
}

extension UInt8: TensorElement {
  public static var dataType: DataType { .uint8 }
  public var double: Double { Double(self) }
}

extension Bool: TensorElement {
  public static var dataType: DataType { .bool }
  public var double: Double { self ? 1 : 0 }
}
