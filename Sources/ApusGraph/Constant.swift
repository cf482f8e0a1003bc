import ApusTensors

/// Numbers that are known when the graph is built.
public struct Constant: Operation {
  public static let name = "constant"
  public let value: Tensor
  /// Whether it is a number of an expression such as `x * 2` or of a derivative, with respect to which
  /// nobody differentiates.
  package let isLiteral: Bool

  public init(_ value: Tensor) { self.init(value, isLiteral: false) }

  package init(_ value: Tensor, isLiteral: Bool) {
    self.value = value
    self.isLiteral = isLiteral
  }

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
    try constant(scalar(value, dataType))
  }

  /// A number of an expression: see ``Constant/isLiteral``.
  package static func literal(
    _ value: Double, _ dataType: DataType
  ) throws(GraphError) -> Node {
    try Constant(scalar(value, dataType), isLiteral: true)()
  }

  private static func scalar(
    _ value: Double, _ dataType: DataType
  ) throws(GraphError) -> Tensor {
    switch dataType {
    case .float32: Tensor(Float(value))
    case .bfloat16: Tensor(BFloat16(nearest: value))
    case .float64: Tensor(value)
    case .int32: try whole(value, Int32.self)
    case .int64: try whole(value, Int64.self)
    case .uint8: try whole(value, UInt8.self)
    case .bool: Tensor(value != 0)
    }
  }

  private static func whole<Integer: TensorElement & FixedWidthInteger>(
    _ value: Double, _: Integer.Type
  ) throws(GraphError) -> Tensor {
    guard let integer = Integer(exactly: value) else {
      throw GraphError(
        Constant.name, .setting("\(value) is no number of type \(Integer.dataType.rawValue)"))
    }
    return Tensor(integer)
  }

  /// A tensor with `value` everywhere: a broadcast scalar, so it takes no memory of its own.
  public static func filled(_ value: Double, like type: TensorType) throws(GraphError) -> Node {
    try constant(value, type.dataType).broadcast(to: type.shape)
  }

  /// The same of a number of a derivative: see ``Constant/isLiteral``.
  package static func literal(_ value: Double, like type: TensorType) throws(GraphError) -> Node {
    try literal(value, type.dataType).broadcast(to: type.shape)
  }
}
