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

extension TensorType {
  /// This type, where it holds numbers rather than truth values.
  package func numeric(in operation: String) throws(GraphError) -> TensorType {
    guard dataType != .bool else {
      throw GraphError(operation, .dataType(expected: "numbers", actual: dataType))
    }
    return self
  }

  /// Checks that it holds whole numbers.
  package func expectIntegers(of name: String, in operation: String) throws(GraphError) {
    guard [.int32, .int64, .uint8].contains(dataType) else {
      throw GraphError(
        operation, .dataType(expected: "whole numbers", actual: dataType),
        [.init(name: name, type: self)])
    }
  }

  /// Checks that it holds numbers of `dataType`.
  package func expect(
    _ dataType: DataType, of name: String, in operation: String
  ) throws(GraphError) {
    guard self.dataType == dataType else {
      throw GraphError(
        operation, .dataType(expected: dataType.rawValue, actual: self.dataType),
        [.init(name: name, type: self)])
    }
  }

  /// Checks the number of axes.
  package func expectRank(
    _ rank: Int, of name: String, axes: String, in operation: String
  ) throws(GraphError) {
    guard self.rank == rank else {
      throw GraphError(
        operation, .rank(expected: "\(rank)", actual: self.rank),
        [.init(name: name, type: self, axes: axes)])
    }
  }

  /// A type whose extents are results of arithmetic, or an error where they are no shape.
  package static func checked(
    _ extents: [Int], _ dataType: DataType, in operation: String
  ) throws(GraphError) -> TensorType {
    TensorType(try .checked(extents, in: operation), dataType)
  }
}

extension Shape {
  /// A shape whose extents are results of arithmetic, or an error where they are none.
  package static func checked(
    _ extents: [Int], in operation: String
  ) throws(GraphError) -> Shape {
    guard let shape = Shape(checking: extents) else {
      throw GraphError(operation, .setting("a result of extents \(extents) has too many elements"))
    }
    return shape
  }

  /// One axis as a number in `0..<rank`; negative ones count from the end.
  package func normalized(axis: Int, in operation: String) throws(GraphError) -> Int {
    let position = axis < 0 ? axis + rank : axis
    guard extents.indices.contains(position) else {
      throw GraphError(operation, .axisOutOfRange(axis: axis, rank: rank))
    }
    return position
  }

  /// The shape with another extent along one axis.
  package func replacing(axis: Int, with extent: Int) -> Shape {
    var extents = extents
    extents[axis] = extent
    return Shape(extents)
  }

  /// The axes as numbers in `0..<rank`, ascending; negative ones count from the end.
  package func normalized(axes: [Int], in operation: String) throws(GraphError) -> [Int] {
    var normalized: Set<Int> = []
    for axis in axes {
      let position = try self.normalized(axis: axis, in: operation)
      guard normalized.insert(position).inserted else {
        throw GraphError(operation, .setting("axis \(axis) is given twice"))
      }
    }
    return normalized.sorted()
  }
}
