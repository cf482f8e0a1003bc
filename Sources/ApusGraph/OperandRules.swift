import ApusTensors

extension [TensorType] {
  /// The one operand.
  package func only(in operation: String) throws(GraphError) -> TensorType {
    try expectCount(1, in: operation)
    return self[0]
  }

  /// Checks the number of operands.
  package func expectCount(_ expected: Int, in operation: String) throws(GraphError) {
    guard count == expected else {
      throw GraphError(operation, .operandCount(expected: expected, actual: count))
    }
  }

  /// The common type of operands that must be equal in shape and data type.
  package func equal(_ expected: Int, in operation: String) throws(GraphError) -> TensorType {
    try expectCount(expected, in: operation)
    for other in dropFirst() { _ = try self[0].equal(to: other, in: operation) }
    return self[0]
  }
}

extension TensorType {
  /// This type, where `other` is the same.
  package func equal(to other: TensorType, in operation: String) throws(GraphError) -> TensorType {
    let operands = [self, other].enumerated().map { index, type in
      GraphError.Operand(name: "operand \(index)", type: type)
    }
    guard dataType == other.dataType else {
      throw GraphError(operation, .dataTypesDiffer(dataType, other.dataType), operands)
    }
    guard shape == other.shape else {
      throw GraphError(operation, .shapesDiffer(shape, other.shape), operands)
    }
    return self
  }

  /// This type, where it holds real numbers.
  package func floatingPoint(in operation: String) throws(GraphError) -> TensorType {
    guard dataType.isFloatingPoint else {
      throw GraphError(operation, .dataType(expected: "real numbers", actual: dataType))
    }
    return self
  }
}

extension Shape {
  /// The axes as numbers in `0..<rank`, ascending; negative ones count from the end.
  package func normalized(axes: [Int], in operation: String) throws(GraphError) -> [Int] {
    var normalized: Set<Int> = []
    for axis in axes {
      let position = axis < 0 ? axis + rank : axis
      guard extents.indices.contains(position) else {
        throw GraphError(operation, .axisOutOfRange(axis: axis, rank: rank))
      }
      guard normalized.insert(position).inserted else {
        throw GraphError(operation, .setting("axis \(axis) is given twice"))
      }
    }
    return normalized.sorted()
  }
}
