/// Why an operation cannot take its operands, said with the operation, the shapes and the axes.
public struct GraphError: Error, Sendable, Hashable {
  /// The operation, layer or function that refused.
  public let operation: String
  public let reason: Reason
  /// The operands as they came.
  public let operands: [Operand]

  public init(_ operation: String, _ reason: Reason, _ operands: [Operand] = []) {
    self.operation = operation
    self.reason = reason
    self.operands = operands
  }

  /// One operand of the refused operation.
  public struct Operand: Sendable, Hashable {
    public let name: String
    public let type: TensorType
    /// What each axis stands for, as in "batch, height, width"; empty where nothing is known.
    public let axes: String

    public init(name: String, type: TensorType, axes: String = "") {
      self.name = name
      self.type = type
      self.axes = axes
    }
  }

  /// What was wrong, for tests to match and for ``GraphError/description`` to say.
  public enum Reason: Sendable, Hashable {
    case operandCount(expected: Int, actual: Int)
    case rank(expected: String, actual: Int)
    case dataType(expected: String, actual: DataType)
    case dataTypesDiffer(DataType, DataType)
    case shapesDiffer(Shape, Shape)
    case channelsDiffer(input: Int, filter: Int)
    /// Two extents that must agree do not.
    case extentsDiffer(String, Int, Int)
    case axisOutOfRange(axis: Int, rank: Int)
    case cannotBroadcast(Shape, to: Shape)
    case countsDiffer(Shape, Shape)
    /// A setting of the operation has no meaning; the text says which and what was expected.
    case setting(String)
    /// The operation has no derivative (or none of that order) with respect to an operand.
    case noDerivative(String)
    case nameTaken(String)
    case missing(String)
  }
}

extension GraphError: CustomStringConvertible {
  public var description: String {
    let shapes = operands.map { operand in
      let axes = operand.axes.isEmpty ? "" : " (\(operand.axes))"
      return "\(operand.name) \(operand.type)\(axes)"
    }
    return "\(operation): " + ([reason.description] + shapes).joined(separator: "; ")
  }
}

extension GraphError.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .operandCount(let expected, let actual):
      "takes \(expected) operands, got \(actual)"
    case .rank(let expected, let actual): "expects \(expected) axes, got \(actual)"
    case .dataType(let expected, let actual): "expects \(expected), got \(actual.rawValue)"
    case .dataTypesDiffer(let first, let second):
      "the operands' data types differ: \(first.rawValue) and \(second.rawValue)"
    case .shapesDiffer(let first, let second):
      "the operands' shapes differ: \(first) and \(second)"
    case .channelsDiffer(let input, let filter):
      "input has \(input) channels, filter expects \(filter)"
    case .extentsDiffer(let what, let first, let second): "\(what) differ: \(first) and \(second)"
    case .axisOutOfRange(let axis, let rank):
      "axis \(axis) is outside 0..<\(rank)"
    case .cannotBroadcast(let shape, let target): "shape \(shape) does not broadcast to \(target)"
    case .countsDiffer(let first, let second):
      "\(first) has \(first.count) elements, \(second) has \(second.count)"
    case .setting(let text): text
    case .noDerivative(let what): "has no derivative with respect to \(what)"
    case .nameTaken(let name): "the name \(name) is taken"
    case .missing(let what): "\(what) is missing"
    }
  }
}
