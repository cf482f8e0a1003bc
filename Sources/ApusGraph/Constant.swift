import ApusTensors

/// Numbers that are known when the graph is built.
public struct Constant: Operation {
  public static let name = "constant"
  public let value: Tensor

  public init(_ value: Tensor) { self.value = value }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] { [value.type] }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    []
  }

  public static func == (first: Constant, second: Constant) -> Bool {
    guard first.value.type == second.value.type else { return false }
    return first.value.withBytes { left in
      second.value.withBytes { right in left.elementsEqual(right) }
    }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(value.type)
    value.withBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.prefix(256))) }
  }
}

extension Node {
  /// A constant with the numbers of `tensor`.
  public static func constant(_ tensor: Tensor) throws(GraphError) -> Node {
    try Constant(tensor)()
  }

  /// A scalar constant, rounded to `dataType` where that holds real numbers.
  ///
  /// - Throws: ``GraphError`` where an integer type does not hold `value`.
  public static func constant(
    _ value: Double, _ dataType: DataType = .float32
  ) throws(GraphError) -> Node {
    switch dataType {
    case .float32: try constant(Tensor(Float(value)))
    case .bfloat16: try constant(Tensor(BFloat16(nearest: value)))
    case .float64: try constant(Tensor(value))
    case .int32: try whole(value, Int32.self)
    case .int64: try whole(value, Int64.self)
    case .uint8: try whole(value, UInt8.self)
    case .bool: try constant(Tensor(value != 0))
    }
  }

  private static func whole<Integer: TensorElement & FixedWidthInteger>(
    _ value: Double, _: Integer.Type
  ) throws(GraphError) -> Node {
    guard let integer = Integer(exactly: value) else {
      throw GraphError(
        Constant.name, .setting("\(value) is no number of type \(Integer.dataType.rawValue)"))
    }
    return try constant(Tensor(integer))
  }

  /// A tensor with `value` everywhere: a broadcast scalar, so it takes no memory of its own.
  public static func filled(_ value: Double, like type: TensorType) throws(GraphError) -> Node {
    try constant(value, type.dataType).broadcast(to: type.shape)
  }
}
