/// What is known of a tensor before its numbers are: shape and data type.
public struct TensorType: Sendable, Hashable {
  public var shape: Shape
  public var dataType: DataType

  /// A type of `shape`, of 32-bit floats unless said otherwise.
  public init(_ shape: Shape, _ dataType: DataType = .float32) {
    self.shape = shape
    self.dataType = dataType
  }

  /// The number of elements.
  public var count: Int { shape.count }

  /// The number of axes.
  public var rank: Int { shape.rank }

  /// The bytes its elements take.
  public var byteCount: Int { shape.count * dataType.byteCount }
}

extension TensorType: CustomStringConvertible {
  public var description: String { "\(dataType.rawValue)\(shape)" }
}
